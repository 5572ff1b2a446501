#!/usr/bin/env python3
"""A program in Rust reads members of a generated header through CO-RE.

testdata/rust/generated.rs includes what print_rust_header makes of a kernel with --co-re. rustc and
`btfreloc emit --strict` compile it, so that nothing is left as it is in the header, and `btfreloc
relocate` patches it for another kernel. Where members are there, bpftool says.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import support
from rust_header import Kernel, bits_of

SOURCE = Path(__file__).resolve().parents[2] / "testdata" / "rust" / "generated.rs"
TYPES = ["task_struct", "mm_struct", "bpf_map", "sk_buff"]

# Members that are read by their address, by load, and by offset, size and two shifts.
MEMBERS = [("task_struct", "pid"), ("task_struct", "real_parent"), ("task_struct", "tgid"),
           ("task_struct", "mm"), ("mm_struct", "total_vm"), ("bpf_map", "map_type")]
BITFIELDS = [("task_struct", "sched_reset_on_fork"), ("task_struct", "in_execve"),
             ("sk_buff", "pkt_type")]


def unpacked(name, folder):
    path = Path(folder, name.replace("/", "-") + ".btf")
    path.write_bytes(support.read_xz(support.corpus("kernels") / f"{name}.btf.xz"))
    return path


def compile_program(arguments, header_of, folder):
    """The object, with all relocations."""
    rustc = Path(arguments.toolchain, "bin", "rustc")
    shutil.copy(SOURCE, folder)
    Path(folder, "vmlinux.rs").write_bytes(
        support.output(arguments.print, header_of, "--co-re", *TYPES))
    bitcode, out = Path(folder, "generated.bc"), Path(folder, "generated.o")
    support.output(rustc, "--target=bpfel-unknown-none", "--edition=2021", "--crate-type=lib", "-g",
                   "-Copt-level=2", "-Cpanic=abort", "-Ccodegen-units=1", "-Zinline-mir=no",
                   "-Cno-prepopulate-passes", "-Dwarnings", f"--emit=llvm-bc={bitcode}",
                   Path(folder, SOURCE.name))
    support.output(arguments.emit, bitcode, "--strict", "-o", out)
    return out


def members_of(kernel, struct):
    composite = next(t for t in kernel.named if t["name"] == struct)
    return {member["name"]: (at, member) for _, at, member in kernel.members(composite)}


def check_bitfield(comparison, values, kernel, struct, name):
    """What is left of a number of ones and zeros, shifted as the relocations say."""
    at, member = members_of(kernel, struct)[name]
    width = member["bitfield_size"]
    found = {kind: values.get((f"{struct}___bitfields", name, kind))
             for kind in ("byte_off", "byte_sz", "lshift_u64", "rshift_u64")}
    if not comparison.check(None in found.values(), False, f"{struct}.{name}: {found}"):
        return
    data = bytes(range(7, 256, 3)) * 64
    start = found["byte_off"]
    unit = int.from_bytes(data[start:start + found["byte_sz"]], kernel.order)
    shifted = (unit << found["lshift_u64"]) % (1 << 64) >> found["rshift_u64"]
    comparison.check(shifted, bits_of(kernel.order, data, at, width), f"{struct}.{name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--emit", required=True, help="btfreloc-emit of rustc's LLVM")
    parser.add_argument("--print", required=True, help="print_rust_header, which is to be built")
    parser.add_argument("--toolchain", default="", help="folder of the Rust toolchain")
    parser.add_argument("header", help="ARCH/RELEASE of the kernel that the header is of")
    parser.add_argument("kernel", nargs="+", help="those that the program is relocated for")
    arguments = parser.parse_args()
    if not arguments.toolchain or not Path(arguments.toolchain, "bin", "rustc").is_file():
        support.skip("no Rust toolchain: testdata/rust/toolchain.sh makes one for --toolchain")
    if not Path(arguments.emit).is_file():
        support.skip(f"{arguments.emit} was not built")
    comparison = support.Comparison("facts")
    with tempfile.TemporaryDirectory() as folder:
        program = compile_program(arguments, unpacked(arguments.header, folder), folder)
        for name in arguments.kernel:
            btf = unpacked(name, folder)
            kernel = Kernel(btf)
            report = json.loads(support.output(arguments.btfreloc, "relocate", program, "-k", btf,
                                               "--json", "-o", Path(folder, "patched.o")))
            lost = [r["id"] for r in report["relocations"] if r["outcome"] != "patched"]
            comparison.check(lost, [], f"{name}: not patched")
            values = {(r["root"].removeprefix("struct "), r["path"], r["kind"]): r.get("new")
                      for r in report["relocations"]}
            for struct, member in MEMBERS:
                at, _ = members_of(kernel, struct)[member]
                comparison.check(values.get((struct, member, "byte_off")), at // 8,
                                 f"{name}: {struct}.{member}")
            for struct, member in BITFIELDS:
                check_bitfield(comparison, values, kernel, struct, member)
    comparison.finish()


if __name__ == "__main__":
    sys.exit(main())
