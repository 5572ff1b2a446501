#!/usr/bin/env python3
"""Relocations for kernels of other machines, and for modules, against numbers found by hand.

s390x:    big-endian objects of other projects and of testdata/objects, for a big-endian kernel
i386:     a kernel whose pointers and longs have 4 bytes
modules:  types that only a module has, and such as the kernel has too

The numbers are from `bpftool btf dump file KERNEL format raw` (a module's: with -B KERNEL), which
prints bits_offset: the offset is that number / 8. The left shift of a bitfield, on a big-endian
machine, is (8 - size of its unit) * 8 + its bits behind the start of the unit.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import support

OWN = Path(__file__).resolve().parents[2] / "testdata" / "objects"
POISON = "poison"

# [585] STRUCT 'file': 'f_inode' bits_offset=320; [758] STRUCT 'inode': 'i_sb' bits_offset=320;
# [764] STRUCT 'super_block': 's_magic' bits_offset=768
RESTRICT_FILESYSTEMS = {
    "restrict_filesystems#0": 40, "restrict_filesystems#1": 40, "restrict_filesystems#2": 96,
}
# [10523] STRUCT 'xdp_buff': 'data' 0, 'data_end' 64, 'rxq' 256; [10536] STRUCT 'xdp_rxq_info':
# 'dev' 0, 'queue_index' 64; [2718] STRUCT 'net_device': 'ifindex' bits_offset=1792
XDPDUMP = {
    "trace_on_entry#0": 0, "trace_on_entry#1": 8, "trace_on_entry#2": 32, "trace_on_entry#3": 0,
    "trace_on_entry#4": 224, "trace_on_entry#5": 32, "trace_on_entry#6": 0,
    "trace_on_entry#7": 224, "trace_on_entry#8": 32, "trace_on_entry#9": 8,
}

S390X = {
    "libsystemd-core-257.so.restrict_filesystems.o": RESTRICT_FILESYSTEMS,
    "xdpdump_bpf.o": XDPDUMP,
    # [254] STRUCT 'task_struct': 'tgid' bits_offset=15392, '__state' 192, and no 'state'
    "exit.bpfeb.o": {"on_exit#0": 1924, "on_exit#1": 1, "on_exit#2": 24, "on_exit#3": POISON},
    "relocations.bpfeb.o": {
        "kind_byte_off#0": 1924,
        # 'se' bits_offset=2048, and in [471] STRUCT 'sched_entity' 'sum_exec_runtime' 768
        "kind_byte_off#1": 352,
        # [511] STRUCT 'signal_struct': 'is_child_subreaper' bits_offset=1024 bitfield_size=1, of
        # an int: unit of 4 bytes at 128
        "kind_byte_off#2": 128,
        "kind_byte_sz#0": 16, "kind_byte_sz#1": 8, "kind_byte_sz#2": 1,
        "kind_field_exists#0": 1, "kind_field_exists#1": 0, "kind_field_exists#2": 1,
        "kind_field_exists#3": 0,
        "kind_signed#0": 1, "kind_signed#1": 0, "kind_signed#2": 0,
        # An int: (8 - 4) * 8; the bitfield starts with its unit: (8 - 4) * 8 + 0
        "kind_lshift_u64#0": 32, "kind_lshift_u64#1": 32,
        "kind_rshift_u64#0": 32, "kind_rshift_u64#1": 63,
        # [254] STRUCT 'task_struct', [410] ENUM 'pid_type', [137] TYPEDEF 'initcall_t',
        # [257] TYPEDEF 'kuid_t'
        "kind_target_type_id#0": 254, "kind_target_type_id#1": 410, "kind_target_type_id#2": 137,
        "kind_target_type_id#3": 257, "kind_target_type_id#4": 0,
        # [254] size=5120, for the flavor too
        "kind_type_size#0": 5120, "kind_type_size#1": 5120, "kind_type_size#2": 4,
        "kind_type_size#3": 8, "kind_type_size#4": 8, "kind_type_size#5": 0, "kind_type_size#6": 0,
        # 'real_parent' bits_offset=15424
        "shape_nested#0": 1928, "shape_nested#1": 1924, "shape_nested#2": 352,
        # [97] STRUCT 'list_head' size=16: 3 * 16 + 8; 2 * 5120 + 352
        "shape_pointer_index#0": 56, "shape_pointer_index#1": 10592,
        # 'prio_tc_map' bits_offset=16000, + 5 elements of one byte
        "shape_array#0": 2000, "shape_array#1": 2005,
    },
    "bitfields.bpfeb.o": {
        # [17328] STRUCT 'iphdr': 'version' bits_offset=0 bitfield_size=4, 'ihl' 4, of a __u8
        "direct_kernel#0": 0, "direct_kernel#1": 1, "direct_kernel#2": 60, "direct_kernel#4": 60,
        "direct_kernel#8": 56,
        # 'has_child_subreaper' bits_offset=1025 bitfield_size=1: unit of 4 bytes at 128, from bit 1
        "direct_kernel#12": 128, "direct_kernel#13": 4, "direct_kernel#14": 33,
        "direct_kernel#16": 63,
        # [26552] STRUCT 'tcp_sock': 'chrono_type' bits_offset=11768 bitfield_size=2, of a __u8
        "direct_kernel#18": 1471, "direct_kernel#19": 1, "direct_kernel#20": 56,
        "direct_kernel#22": 62,
        # 'nonagle' bits_offset=15048 bitfield_size=4, of a __u8
        "direct_kernel#24": 1881, "direct_kernel#25": 1, "direct_kernel#26": 56,
        "direct_kernel#28": 60,
    },
    "enums.bpfeb.o": {
        # [3951] ENUM 'lru_list'; rt_class_t has 'RT_TABLE_MAX' val=4294967295
        "types#5": 3951, "value_top_bit#0": "4294967295",
        # 'RT_TABLE_MAIN' val=254; netdev_tx has '__NETDEV_TX_MIN' val=-2147483648
        "value_unsigned32#0": "254", "value_signed32#0": "-2147483648",
    },
    "targets.bpfeb.o": {
        # [758] STRUCT 'inode': 'i_sb' bits_offset=320, 'i_ino' 512, 'i_size' 640, 'i_mode' 0
        "loads#0": 40, "loads#1": 64, "loads#2": 80, "loads#3": 0, "loads#4": 8,
        "addresses#0": 64, "addresses#1": 80, "sizes#0": 8, "sizes#1": 0, "sizes#2": 16,
    },
}

I386 = {
    # [134] STRUCT 'task_struct': 'tgid' bits_offset=8896, '__state' 128, and no 'state'
    "exit.bpfel.o": {"on_exit#0": 1112, "on_exit#1": 1, "on_exit#2": 16, "on_exit#3": POISON},
    "relocations.bpfel.o": {
        # 'se' bits_offset=1024, and in [438] STRUCT 'sched_entity' 'sum_exec_runtime' 320
        "kind_byte_off#0": 1112, "kind_byte_off#1": 168,
        # [429] STRUCT 'signal_struct': 'is_child_subreaper' bits_offset=672 bitfield_size=1
        "kind_byte_off#2": 84,
        "kind_lshift_u64#0": 32, "kind_lshift_u64#1": 63,
        # 'real_parent' bits_offset=8960, a pointer
        "kind_byte_sz#0": 16, "kind_byte_sz#1": 4, "shape_nested#0": 1120,
        # [78] STRUCT 'list_head' size=8 'prev' bits_offset=32: 3 * 8 + 4; [134] size=6592:
        # 2 * 6592 + 168
        "shape_pointer_index#0": 28, "shape_pointer_index#1": 13352,
        "kind_target_type_id#0": 134, "kind_target_type_id#1": 362, "kind_target_type_id#2": 1142,
        "kind_target_type_id#3": 369, "kind_target_type_id#4": 0,
        # A pointer to a function, and an unsigned long
        "kind_type_size#0": 6592, "kind_type_size#1": 6592, "kind_type_size#2": 4,
        "kind_type_size#3": 4, "kind_type_size#4": 4,
    },
    "targets.bpfel.o": {
        # [615] STRUCT 'inode': 'i_sb' bits_offset=224, 'i_ino' 320, 'i_size' 416, 'i_mode' 0;
        # [78] STRUCT 'list_head': 'prev' bits_offset=32
        "loads#0": 28, "loads#1": 40, "loads#2": 52, "loads#3": 0, "loads#4": 4,
        "addresses#0": 40, "addresses#1": 52,
        # 'i_ino' is of [12] INT 'long unsigned int' size=4
        "sizes#0": 4, "sizes#1": 32, "sizes#2": 8,
    },
}

# nf_conn is [33300] STRUCT of the kernel: 'timeout' bits_offset=64. These only the module has:
# [108418] STRUCT 'nf_conntrack_net': 'users4' bits_offset=64;
# [108621] STRUCT 'nf_ct_gre_keymap' size=72: 'list', and no 'made_up'
MODULES = {
    "of_modules#0": (8, None), "of_modules#1": (8, "nf_conntrack"),
    "types_of_modules#0": (108621, "nf_conntrack"), "types_of_modules#1": (72, "nf_conntrack"),
    "types_of_modules#2": (1, "nf_conntrack"), "types_of_modules#3": (0, None),
    "types_of_modules#4": (0, None),
}


class Report:
    def __init__(self, btfreloc, path, kernel, *flags):
        done = subprocess.run([btfreloc, "relocate", path, "-k", kernel, "--json", *flags],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.stderr = done.stderr.decode()
        if done.returncode != 0:
            raise RuntimeError(f"{path.name}: exit status {done.returncode}\n{self.stderr}")
        self.relocations = {r["id"]: r for r in json.loads(done.stdout)["relocations"]}

    def value(self, name):
        relocation = self.relocations[name]
        return POISON if relocation["outcome"] == "poisoned" else relocation["new"]

    def warned(self):
        return {name for name, r in self.relocations.items() if r["warnings"]}


def object_path(name):
    own = OWN / name
    return own if own.exists() else support.corpus("objects", "big-endian") / name


def compare_table(comparison, btfreloc, kernel, table):
    for name, expected in table.items():
        report = Report(btfreloc, object_path(name), kernel)
        for relocation, value in expected.items():
            comparison.check(report.value(relocation), value, f"{name} {relocation}")


def code_of(order, opcode, registers, offset):
    """8 bytes of an instruction that accesses memory, as JSON has them."""
    return bytes([opcode, registers]).hex() + offset.to_bytes(2, order).hex() + "00000000"


def compare_s390x(comparison, btfreloc):
    kernel = support.corpus("kernels", "s390x") / "6.12.107+deb13-s390x.btf.xz"
    compare_table(comparison, btfreloc, kernel, S390X)
    report = Report(btfreloc, OWN / "exit.bpfeb.o", kernel)
    # w2 = *(u32 *)(r1 + 1924): on a big-endian machine dst is the upper half of the second byte.
    comparison.check(report.relocations["on_exit#0"]["after"], code_of("big", 0x61, 0x21, 1924),
                     "exit.bpfeb.o: on_exit#0")
    comparison.check(report.relocations["on_exit#3"]["after"], "850000000bad2310",
                     "exit.bpfeb.o: poison")
    comparison.check(Report(btfreloc, OWN / "targets.bpfeb.o", kernel).warned(), set(),
                     "targets.bpfeb.o: a long has 8 bytes")


def compare_i386(comparison, btfreloc):
    kernel = support.corpus("kernels", "i386") / "6.1.0-50-686-pae.btf.xz"
    compare_table(comparison, btfreloc, kernel, I386)
    report = Report(btfreloc, OWN / "targets.bpfel.o", kernel)
    # r0 = *(u64 *)(r2 + 16) becomes a load of 4 bytes, as does that of a pointer; 'i_size' and
    # 'i_mode' keep their size.
    for name, opcode, registers, offset in [("loads#0", 0x61, 0x23, 28), ("loads#1", 0x61, 0x20, 40),
                                            ("loads#2", 0x79, 0x23, 52), ("loads#3", 0x69, 0x22, 0),
                                            ("loads#4", 0x61, 0x11, 4)]:
        comparison.check(report.relocations[name]["after"],
                         code_of("little", opcode, registers, offset), f"targets.bpfel.o {name}")
    # BPF_CORE_READ(inode, i_ino) reads 8 bytes of a field of 4.
    comparison.check(report.warned(), {"addresses#0"}, "targets.bpfel.o: warnings")
    comparison.check(report.relocations["addresses#0"]["warnings"], ["field-size-changed"],
                     "targets.bpfel.o: warning")
    comparison.check(report.stderr.count("warning["), 1, "targets.bpfel.o: standard error")
    comparison.check(report.stderr.startswith("warning[field-size-changed]: addresses#0 "
                                              "`inode.i_ino` has 4 bytes there"), True,
                     f"targets.bpfel.o: {report.stderr}")


def compare_modules(comparison, btfreloc, scratch):
    release = "6.12.117+deb13-cloud-amd64"
    corpus = support.corpus("kernels", "amd64")
    modules = support.corpus("kernels", "amd64", f"{release}.modules")
    kernel = Path(scratch, release)
    kernel.mkdir()
    shutil.copy(corpus / f"{release}.btf.xz", kernel / "vmlinux.btf.xz")
    shutil.copytree(modules, kernel / "modules")
    path = OWN / "targets.bpfel.o"
    for flags in ([], ["--compat=libbpf"]):
        report = Report(btfreloc, path, kernel, *flags)
        for name, (value, module) in MODULES.items():
            target = report.relocations[name]["target"]
            comparison.check((report.value(name), target and target["module"]), (value, module),
                             f"{release} {name} {' '.join(flags)}")
    # Without its modules the kernel has none of these.
    report = Report(btfreloc, path, corpus / f"{release}.btf.xz")
    comparison.check(report.value("of_modules#1"), POISON, "of_modules#1 without modules")
    comparison.check(report.value("types_of_modules#0"), 0, "types_of_modules#0 without modules")
    comparison.check(report.value("of_modules#0"), 8, "of_modules#0 without modules")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("what", choices=["s390x", "i386", "modules"])
    arguments = parser.parse_args()
    comparison = support.Comparison("facts")
    if arguments.what == "s390x":
        compare_s390x(comparison, arguments.btfreloc)
    elif arguments.what == "i386":
        compare_i386(comparison, arguments.btfreloc)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            compare_modules(comparison, arguments.btfreloc, scratch)
    comparison.finish()


if __name__ == "__main__":
    main()
