#!/usr/bin/env python3
"""Compares our disassembly with llvm-objdump's, instruction by instruction.

  disassembly.py --words disassemble_words OBJDIR...        every BPF object below the folders
  disassembly.py --words disassemble_words --random 100000  instructions made up from random bytes
  disassembly.py --write-table testdata/insn/objdump.tsv    what disasm_test.cpp reads

Exits with 1 on any difference or when nothing was compared, with 77 when LLVM is not installed.
"""

import argparse
import itertools
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ORDERS = {"little": ("<", "bpfel"), "big": (">", "bpfeb")}
EM_BPF = 247
SKIP = 77
NAME = pathlib.Path(__file__).name

# What we print otherwise than objdump, on purpose.
REWRITES = [
    # The address of a branch target, as symbol + offset: we have no addresses.
    (re.compile(r"((?:goto|gotol|may_goto) [+-]0x[0-9a-f]+) <.*>$"), r"\1"),
    # objdump puts a tab after the one mnemonic that is a word; our lines are cells of tables.
    (re.compile(r"^ld_pseudo\t"), "ld_pseudo "),
]

# What LLVM 22 knows and 19 does not: it prints <unknown>, or an atomic addition.
NEW_IN_22 = re.compile(r"^gotox |= load_acquire\(|^store_release\(")


class Objdump:
    """llvm-objdump and the llvm-mc of the same version."""

    # Newest first: a newer one knows more encodings.
    VERSIONS = (22, 19)

    def __init__(self):
        for self.version in self.VERSIONS:
            self.objdump = shutil.which(f"llvm-objdump-{self.version}")
            self.mc = shutil.which(f"llvm-mc-{self.version}")
            if self.objdump:
                return
        names = ", ".join(f"llvm-objdump-{v}" for v in self.VERSIONS)
        skip(f"none of {names} is installed")

    def disassemble(self, file):
        """(bytes in hex, text) of each instruction of an ELF file."""
        # With zeroes, or runs of them are printed as "...".
        out = run([self.objdump, "-d", "--disassemble-zeroes", "--mcpu=v4", file])
        for line in out.splitlines():
            if found := re.match(r"\s*[0-9a-f]+:\t((?:[0-9a-f]{2} )*[0-9a-f]{2})\t(.*)$", line):
                yield found[1].replace(" ", ""), rewritten(found[2])

    def disassemble_bytes(self, code, order):
        """The same for bytes, which need not be instructions."""
        if not self.mc:
            skip(f"llvm-mc-{self.version} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            raw, source, elf = (f"{folder}/{name}" for name in ("raw", "raw.s", "raw.o"))
            pathlib.Path(raw).write_bytes(code)
            pathlib.Path(source).write_text(f'.incbin "{raw}"\n')
            run([self.mc, f"-triple={ORDERS[order][1]}", "-filetype=obj", source, "-o", elf])
            return list(self.disassemble(elf))


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIP)


def run(command, **options):
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, errors="replace", **options
    ).stdout


def rewritten(text):
    for pattern, replacement in REWRITES:
        text = pattern.sub(replacement, text)
    return text


def slot(order, opcode, dst, src, off, imm):
    """The 8 bytes of an instruction. off and imm may be given signed or unsigned."""
    registers = src << 4 | dst if order == "little" else dst << 4 | src
    return struct.pack(ORDERS[order][0] + "BBHI", opcode, registers, off & 0xFFFF, imm & 0xFFFFFFFF)


class Comparison:
    SHOWN = 20

    def __init__(self, words, version):
        self.words = words
        self.version = version
        self.instructions = self.unknown = self.newer = self.differences = 0

    def add(self, order, theirs, where):
        """Compares (hex, text) pairs of objdump with what we say about the same bytes."""
        ours = run([self.words, order], input="".join(f"{code}\n" for code, _ in theirs))
        for (code, text), our_text in zip(theirs, ours.splitlines(), strict=True):
            self.instructions += 1
            self.unknown += text == "<unknown>"
            if text.split() == our_text.split():
                continue
            if self.version < 22 and NEW_IN_22.search(our_text):
                self.newer += 1
                continue
            self.differences += 1
            if self.differences <= self.SHOWN:
                print(f"{where}: {code}\n  objdump  {text}\n  btfreloc {our_text}")

    def verdict(self):
        print(
            f"{self.instructions} instructions ({self.unknown} unknown), "
            f"{self.newer} newer than LLVM {self.version}, {self.differences} differences"
        )
        if not self.instructions:
            print("nothing was compared")
        return 1 if self.differences or not self.instructions else 0


def bpf_objects(folder):
    """(file, byte order) of every BPF ELF file below a folder."""
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if not file.is_file():
            continue
        with file.open("rb") as stream:
            header = stream.read(20)
        if len(header) < 20 or header[:4] != b"\x7fELF":
            continue
        order = "little" if header[5] == 1 else "big"
        (machine,) = struct.unpack_from(ORDERS[order][0] + "H", header, 18)
        if machine == EM_BPF:
            yield file, order


def compare_objects(objdump, comparison, folders):
    for folder in folders:
        count = 0
        for file, order in bpf_objects(folder):
            comparison.add(order, list(objdump.disassemble(file)), file.name)
            count += 1
        print(f"{folder}: {count} objects")


# Values at which an instruction changes its meaning, beside random ones.
OFFSETS = (0, 1, -1, 8, 16, 32, 0x7FFF, -0x8000)
IMMEDIATES = (0, 1, -1, 16, 32, 64, 0x7FFFFFFF, -0x80000000)


def likely_slot(rng, order):
    """Fields drawn from values that mean something, since few random bytes are instructions."""
    registers = 12 if rng.random() < 0.9 else 16
    off = rng.choice(OFFSETS) if rng.random() < 0.7 else rng.getrandbits(16)
    kind = rng.random()
    if kind < 0.3:
        imm = rng.choice(IMMEDIATES)
    elif kind < 0.6:  # An atomic operation: bits 4 to 8, and now and then one of bits 0 to 3.
        imm = rng.getrandbits(5) << 4 | rng.choice((0, 1, 1, rng.getrandbits(4)))
    else:
        imm = rng.getrandbits(32)
    return slot(
        order, rng.getrandbits(8), rng.randrange(registers), rng.randrange(registers), off, imm
    )


# LDIMM64 takes two slots; these keep the last one from being cut off.
PADDING = bytes(16)


def compare_random(objdump, comparison, count, seed):
    """Half of the slots of random bytes, half of likely fields, in both byte orders."""
    rng = random.Random(seed)
    chunk = 100_000
    for start in range(0, count, chunk):
        slots = min(chunk, count - start)
        order = ("little", "big")[start // chunk % 2]
        code = b"".join(
            rng.randbytes(8) if i % 2 else likely_slot(rng, order) for i in range(slots)
        )
        theirs = objdump.disassemble_bytes(code + PADDING, order)
        comparison.add(order, theirs, f"{order} endian, slots from {start}")
    print(f"{count} random slots, seed {seed}")


ATOMIC_OPCODES = (0xC3, 0xCB, 0xD3, 0xDB)
LDIMM64 = 0x18


def grid(order, opcode):
    """Slots that meet every distinction made for an opcode, a field or two at a time."""
    registers = ((0, 0), (10, 11), (11, 9), (12, 3), (4, 13), (15, 15))
    variants = [{"dst": dst, "src": src} for dst, src in registers]
    variants += [{"off": off} for off in OFFSETS]
    variants += [{"imm": imm} for imm in IMMEDIATES]
    variants += [{"off": off, "imm": imm} for off in (1, 8) for imm in (16, -5)]
    if opcode in ATOMIC_OPCODES:
        operations = itertools.product((0, 0x100), range(16), (0, 1, 2))
        variants += [{"off": 4, "imm": bit_8 | op << 4 | low} for bit_8, op, low in operations]
        beyond = itertools.product((0x200, 0x10000), (0x1, 0x50, 0x100, 0x110))
        variants += [{"imm": high | low} for high, low in beyond]
    if opcode == LDIMM64:
        variants += [{"src": src} for src in range(16)]
    for fields in variants:
        first = slot(order, opcode, **({"dst": 1, "src": 2, "off": 0, "imm": 0} | fields))
        if opcode != LDIMM64:
            yield first
            continue
        for next_imm in (0, 7, -0x80000000):
            yield first + slot(order, 0, 0, 0, 0, next_imm)
    if opcode == LDIMM64:
        for low in (5, -5):
            first = slot(order, opcode, 1, 0, 0, low)
            yield first + slot(order, 0, 0, 0, 0, -1)
            yield first + slot(order, 0xFF, 3, 4, 5, 6)  # Only imm of the second slot is read.


def write_table(objdump, path):
    """Every opcode in little endian; a sample of each that means something also in big."""
    if objdump.version < 22:
        skip("the table is made with llvm-objdump-22")
    rows = {}
    for order in ORDERS:
        # The grid of one opcode in one file: objdump decides how many slots each line takes.
        for opcode in range(256):
            code = b"".join(grid(order, opcode))
            listed = dict(objdump.disassemble_bytes(code + PADDING, order))
            own = {word: text for word, text in listed.items() if int(word[:2], 16) == opcode}
            known = [row for row in own.items() if row[1] != "<unknown>"]
            unknown = [row for row in own.items() if row[1] == "<unknown>"]
            if order == "big":
                known, unknown = known[::5], []
            if not known:  # It needs no row for each register that is none either.
                plain = slot(order, opcode, 1, 2, 0, 0).hex()[:8]
                unknown = [row for row in unknown if row[0].startswith(plain)]
            for word, text in known + unknown:
                rows[order, word] = text
    version = run([objdump.objdump, "--version"]).split("version ")[1].split()[0]
    with open(path, "w", encoding="ascii") as table:
        table.write(f"# llvm-objdump {version} -d --mcpu=v4, by tests/differential/{NAME}\n")
        table.write("# byte order, instruction in hex, text\n")
        for (order, word), text in rows.items():
            table.write(f"{order}\t{word}\t{text}\n")
    print(f"{path}: {len(rows)} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", help="the program disassemble_words")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="compare N random slots")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write-table", metavar="FILE")
    parser.add_argument("objdir", nargs="*")
    args = parser.parse_args()

    objdump = Objdump()
    if args.write_table:
        write_table(objdump, args.write_table)
        return 0
    if not args.words or not (args.objdir or args.random):
        parser.error("--words and OBJDIR or --random are needed")
    comparison = Comparison(args.words, objdump.version)
    compare_objects(objdump, comparison, args.objdir)
    if args.random:
        compare_random(objdump, comparison, args.random, args.seed)
    return comparison.verdict()


if __name__ == "__main__":
    sys.exit(main())
