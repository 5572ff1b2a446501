"""Loads the .BTF of an object into the kernel as it is, which a loader would not insist on.

The only thing changed is what a loader has to fill in: the sizes and offsets of data sections.
"""

import ctypes
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}
BPF_BTF_LOAD = 18
# Bytes behind the common 12 of a type, once and per member, by kind. Source: linux/btf.h.
TAILS = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0),
         15: (0, 12), 17: (4, 0), 19: (0, 12)}
DATASEC = 15


def btf_of(path):
    with tempfile.TemporaryDirectory() as folder:
        section = pathlib.Path(folder, "btf")
        subprocess.run(["llvm-objcopy", f"--dump-section=.BTF={section}", path, "/dev/null"],
                       check=True)
        return bytearray(section.read_bytes())


def place_variables(btf):
    header_size, first, size = struct.unpack_from("<III", btf, 4)
    at = header_size + first
    while at < header_size + first + size:
        info = struct.unpack_from("<I", btf, at + 4)[0]
        kind, count = info >> 24 & 31, info & 0xFFFF
        once, each = TAILS.get(kind, (0, 0))
        if kind == DATASEC:
            end = 0
            for variable in range(at + 12, at + 12 + count * 12, 12):
                struct.pack_into("<I", btf, variable + 4, end)
                end += struct.unpack_from("<I", btf, variable + 8)[0]
            struct.pack_into("<I", btf, at + 8, end)
        at += 12 + once + count * each


def load(btf):
    """The error number, and what the kernel says."""
    data = ctypes.create_string_buffer(bytes(btf), len(btf))
    log = ctypes.create_string_buffer(1 << 20)
    attributes = struct.pack("<QQIIII", ctypes.addressof(data), ctypes.addressof(log), len(btf),
                             len(log), 1, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(SYS_BPF[os.uname().machine], BPF_BTF_LOAD,
                          ctypes.c_char_p(attributes), len(attributes))
    return (ctypes.get_errno() if result < 0 else 0), log.value.decode(errors="replace")


def main():
    btf = btf_of(sys.argv[1])
    place_variables(btf)
    error, log = load(btf)
    if error:
        sys.exit(f"{os.strerror(error)}\n" + "\n".join(log.splitlines()[-5:]))


main()
