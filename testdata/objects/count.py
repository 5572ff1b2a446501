#!/usr/bin/env python3
"""Counts what a BPF object holds: functions, instruction slots, CO-RE relocations of each kind.

An oracle for tests: it shares no code with btfreloc and uses no ELF or BTF library, only the
layouts in elf.h, in the kernel's include/uapi/linux/btf.h and in its Documentation/bpf/btf.rst.
It reads both byte orders, and no more of an object than it counts.
"""

import argparse
import struct
import sys

# In the order of enum bpf_core_relo_kind, by the names that libbpf prints.
KINDS = (
    "byte_off byte_sz field_exists signed lshift_u64 rshift_u64 local_type_id target_type_id "
    "type_exists type_size enumval_exists enumval_value type_matches"
).split()

EM_BPF = 247
SHT_PROGBITS = 1
SHT_SYMTAB = 2
SHF_EXECINSTR = 4
STT_FUNC = 2
SLOT_SIZE = 8  # bytes; ldimm64 takes two slots
BTF_MAGIC = 0xEB9F
CORE_RECORD_SIZE = 16  # bytes; later formats may append to it


class BadObject(Exception):
    """The file is not what its headers promise."""


class Elf:
    """The sections of a 64-bit BPF object, in the byte order of the file."""

    def __init__(self, data):
        if len(data) < 64 or data[:5] != b"\x7fELF\x02":
            raise BadObject("not a 64-bit ELF file")
        orders = {1: "<", 2: ">"}
        if data[5] not in orders:
            raise BadObject(f"unknown byte order {data[5]}")
        self.data = data
        self.order = orders[data[5]]
        machine = self.unpack("H", 18)[0]
        if machine != EM_BPF:
            raise BadObject(f"not for BPF but for machine {machine}")
        table = self.unpack("Q", 40)[0]
        entry_size, count, names_index = self.unpack("HHH", 58)
        # Per section: name, type, flags, address, offset, size.
        self.sections = [self.unpack("IIQQQQ", table + i * entry_size) for i in range(count)]
        if names_index >= count:
            raise BadObject("no section names")
        self.names = self.contents(names_index)

    def unpack(self, fields, offset, data=None):
        """`fields` of the struct module, at `offset` bytes into `data` (the file if absent)."""
        source = self.data if data is None else data
        try:
            return struct.unpack_from(self.order + fields, source, offset)
        except struct.error as error:
            raise BadObject(f"cut off at byte {offset}: {error}") from error

    def name(self, index):
        start = self.sections[index][0]
        return self.names[start:].partition(b"\0")[0]

    def contents(self, index):
        offset, size = self.sections[index][4:6]
        if offset + size > len(self.data):
            raise BadObject(f"section {index} reaches beyond the file")
        return self.data[offset : offset + size]

    def executable(self, index):
        return index < len(self.sections) and bool(self.sections[index][2] & SHF_EXECINSTR)


def count_functions(elf):
    """Function symbols that are defined in an executable section."""
    functions = 0
    for index, section in enumerate(elf.sections):
        if section[1] != SHT_SYMTAB:
            continue
        symbols = elf.contents(index)
        for offset in range(0, len(symbols), 24):
            _name, info, _other, home = elf.unpack("IBBH", offset, symbols)
            functions += info & 0xF == STT_FUNC and elf.executable(home)
    return functions


def count_slots(elf):
    """Instructions in executable sections, ldimm64 counted twice."""
    size = 0
    for index, section in enumerate(elf.sections):
        if section[1] == SHT_PROGBITS and elf.executable(index):
            size += section[5]
    return size // SLOT_SIZE


def count_relocations(elf):
    """One number per kind; None where .BTF.ext is not one well-formed container.

    GNU ld makes such objects: it appends the .BTF.ext of one input to that of the other.
    """
    counts = [0] * len(KINDS)
    for index in range(len(elf.sections)):
        if elf.name(index) != b".BTF.ext":
            continue
        ext = elf.contents(index)
        magic, _version, _flags, header_length = elf.unpack("HBBI", 0, ext)
        if magic != BTF_MAGIC:
            raise BadObject(f"the magic of .BTF.ext is {magic:#x}")
        # Offset and length of func_info, line_info and (if the header has it) core_relo.
        parts = elf.unpack("II" * 3 if header_length >= 32 else "II" * 2, 8, ext)
        end = max(offset + length for offset, length in zip(parts[::2], parts[1::2]))
        if header_length + end != len(ext):
            return None
        if len(parts) == 6 and parts[5]:
            start = header_length + parts[4]
            for kind in core_kinds(elf, ext[start : start + parts[5]]):
                counts[kind] += 1
    return counts


def core_kinds(elf, table):
    """The kinds of all records of a core_relo table, in file order."""
    record_size = elf.unpack("I", 0, table)[0]
    if record_size < CORE_RECORD_SIZE:
        raise BadObject(f"core_relo records of {record_size} bytes")
    at = 4
    while at < len(table):
        _section_name, records = elf.unpack("II", at, table)
        at += 8
        for _ in range(records):
            _insn_offset, _type_id, _access, kind = elf.unpack("IIII", at, table)
            if kind >= len(KINDS):
                raise BadObject(f"relocation kind {kind}")
            yield kind
            at += record_size


def row(path):
    with open(path, "rb") as file:
        elf = Elf(file.read())
    relocations = count_relocations(elf) or ["-"] * len(KINDS)
    return [path, count_functions(elf), count_slots(elf), *relocations]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Tab-separated, one line per object after a line of column names. The relocation "
        "columns hold - where .BTF.ext is damaged. Exits with 1 if a file could not be read.",
    )
    parser.add_argument("objects", metavar="OBJECT", nargs="+", help="a BPF object file")
    arguments = parser.parse_args()

    status = 0
    print("object", "functions", "slots", *KINDS, sep="\t")
    for path in arguments.objects:
        try:
            print(*row(path), sep="\t")
        except (BadObject, OSError) as error:
            print(f"count.py: {path}: {error}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
