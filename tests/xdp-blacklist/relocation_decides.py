#!/usr/bin/env python3
"""That relocations decide, and not luck: without them the verifier refuses the program; with those
for a kernel where net_device.group is somewhere else, the verdict is another."""

import ctypes
import struct
import subprocess

from sandbox import FOLDER, Path, Skip, core, equal, eventually, expect, ip, main, section
from wire import Wire

KERNEL = Path("/sys/kernel/btf/vmlinux")
KIND_INT, KIND_ARRAY, KIND_STRUCT, KIND_UNION, KIND_ENUM = 1, 3, 4, 5, 6
KIND_FUNC_PROTO, KIND_VAR, KIND_DATASEC, KIND_DECL_TAG, KIND_ENUM64 = 13, 14, 15, 17, 19
# Bytes behind the first 12 of a type: (fixed, for each of vlen).
BEHIND = {KIND_INT: (4, 0), KIND_ARRAY: (12, 0), KIND_STRUCT: (0, 12), KIND_UNION: (0, 12),
          KIND_ENUM: (0, 8), KIND_FUNC_PROTO: (0, 8), KIND_VAR: (4, 0), KIND_DATASEC: (0, 12),
          KIND_DECL_TAG: (4, 0), KIND_ENUM64: (0, 12)}


class Btf:
    """BTF as bytes, whose members can be moved. Source: include/uapi/linux/btf.h."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.header, self.types, self.types_size, self.strings, _ = struct.unpack_from(
            "=4xIIIII", self.data)

    def text(self, offset):
        begin = self.header + self.strings + offset
        return self.data[begin:self.data.index(0, begin)].decode()

    def members(self, name):
        """Member -> where in the blob its offset is, of the struct of this name."""
        at = self.header + self.types
        end = at + self.types_size
        while at < end:
            text, info = struct.unpack_from("=II", self.data, at)
            kind, vlen = info >> 24 & 31, info & 0xffff
            fixed, each = BEHIND.get(kind, (0, 0))
            if kind == KIND_STRUCT and vlen and self.text(text) == name:
                return {self.text(struct.unpack_from("=I", self.data, at + 12 + 12 * i)[0]):
                        at + 12 + 12 * i + 8 for i in range(vlen)}
            at += 12 + fixed + each * vlen
        raise AssertionError(f"the kernel has no struct {name}")

    def swap(self, name, one, other):
        """Two members change their places."""
        places = self.members(name)
        a, b = (bytes(self.data[places[member]:places[member] + 4]) for member in (one, other))
        expect(a != b, f"{one} and {other} are at the same place")
        self.data[places[one]:places[one] + 4] = b
        self.data[places[other]:places[other] + 4] = a


def swapped_kernel(one, other):
    btf = Btf(KERNEL.read_bytes())
    btf.swap("net_device", one, other)
    path = FOLDER / "kernel.btf"
    path.write_bytes(btf.data)
    return path


def without_relocations(tool):
    """The object with core_relo_len 0 in its .BTF.ext."""
    data = bytearray(tool.object.read_bytes())
    begin, _ = section(data, b".BTF.ext")
    length, = struct.unpack_from("=I", data, begin + 28)
    expect(length > 16, "the object has no relocations")
    struct.pack_into("=I", data, begin + 28, 0)
    path = FOLDER / "blacklist.bpf.o"
    path.write_bytes(data)
    return path


def group_and_index(device):
    found = ip_show(device).split()
    return int(found[found.index("group") + 1]), int(found[0].rstrip(":"))


def ip_show(device):
    return subprocess.run(["ip", "-N", "-o", "link", "show", device], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def load_by_libbpf(path):
    """What the verifier says of the object; "" when it takes it. libbpf relocates, too."""
    try:
        libbpf = ctypes.CDLL("libbpf.so.1")
    except OSError as problem:
        raise Skip("no shared libbpf") from problem
    for function in ("open_file", "find_program_by_name"):
        getattr(libbpf, f"bpf_object__{function}").restype = ctypes.c_void_p
    program_object = ctypes.c_void_p(libbpf.bpf_object__open_file(str(path).encode(), None))
    expect(program_object, f"libbpf does not open {path}")
    program = ctypes.c_void_p(
        libbpf.bpf_object__find_program_by_name(program_object, b"xdp_blacklist"))
    log = ctypes.create_string_buffer(1 << 24)
    libbpf.bpf_program__set_log_buf(program, log, ctypes.c_size_t(len(log)))
    error = libbpf.bpf_object__load(program_object)
    libbpf.bpf_object__close(program_object)
    return log.value.decode() if error else ""


@core
def refused_without(tool):
    """By our loader, which misses them, and by the verifier, when libbpf loads what it gets."""
    wire = Wire()
    plain = without_relocations(tool)
    tool.refuses("load", wire.device, "--object", plain)
    equal(list(Path("/sys/fs/bpf").glob("xdp-blacklist/*")), [], "pins")
    wire.passes("ping", wire.address(2))
    log = load_by_libbpf(plain)
    expect("invalid mem access" in log or "access beyond struct" in log
           or "cannot access ptr member" in log, f"the verifier takes it:\n{log[-1000:]}")
    # With relocations both load the same instructions.
    equal(load_by_libbpf(tool.object)[-1000:], "", "what the verifier says with relocations")
    tool.load(wire.device)


@core
def verdict_flips(tool):
    """`group` where `ifindex` is: rules by group then hold for interfaces by their index."""
    wire = Wire()
    ip(f"link set {wire.device} group 7")
    group, index = group_and_index(wire.device)
    equal(group, 7, "group")
    expect(index != 7, "the index is the group")
    bad = wire.address(2)
    question = ["test", "--src", bad, "--interface", wire.device, "--object", tool.object]
    doctored = swapped_kernel("group", "ifindex")
    for kernel, (by_group, by_index) in ((KERNEL, (1, 0)), (doctored, (0, 1)), (KERNEL, (1, 0))):
        tool.load(wire.device, "--btf", kernel)
        tool("add", bad, "--group", group)
        (wire.stopped if by_group else wire.passes)("ping", bad)
        tool("del", bad, "--group", group)
        tool("add", bad, "--group", index)
        (wire.stopped if by_index else wire.passes)("ping", bad)
        tool("unload")
        eventually(lambda: wire.ping(bad), "the old program is gone")
    # `test` loads the program for the kernel that runs.
    tool.load(wire.device)
    tool("add", bad, "--group", group)
    equal(tool.json(*question, status=1)["verdict"], "host", "verdict")
    tool("del", bad, "--group", group)
    tool("add", bad, "--group", index)
    equal(tool.json(*question)["verdict"], "pass", "verdict")


@core
def reload_flips(tool):
    """The same instance, with one program and the other."""
    wire = Wire()
    ip(f"link set {wire.device} group 7")
    tool.load(wire.device)
    tool("add", wire.address(2), "--group", "7")
    wire.stopped("ping", wire.address(2))
    tool.reload("--btf", swapped_kernel("group", "ifindex"))
    wire.passes("ping", wire.address(2))
    tool.reload()
    wire.stopped("ping", wire.address(2))
    equal(tool.packets(), {wire.address(2): 2}, "packets")


@core
def missing_member(tool):
    """A kernel without the member: nothing is loaded, and the message says what is missing."""
    wire = Wire()
    btf = Btf(KERNEL.read_bytes())
    place = btf.members("net_device")["group"] - 8
    struct.pack_into("=I", btf.data, place, 0)  # without a name
    path = FOLDER / "kernel.btf"
    path.write_bytes(btf.data)
    error = tool.refuses("load", wire.device, "--object", tool.object, "--btf", path)
    expect("group" in error, error)
    wire.passes("ping", wire.address(2))


CASES = [refused_without, verdict_flips, reload_flips, missing_member]

if __name__ == "__main__":
    main(__doc__, CASES)
