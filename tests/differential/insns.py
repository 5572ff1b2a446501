#!/usr/bin/env python3
"""`btfreloc dump --insns` shows each function's instructions as llvm-objdump -d does.

disassembly.py compares the disassembler alone; this compares what a user sees: which functions
there are, where each instruction is, and its text.
"""

import argparse
import re

import disassembly
import support


def ours(btfreloc, path):
    """{(section, function): [(index, text)]}"""
    functions = {}
    current = None
    for line in support.output(btfreloc, "dump", "--insns", path).decode().splitlines():
        if heading := re.match(r"(\S.*?)  (\S+)  \d+ instructions?, \d+ relocations?$", line):
            current = functions.setdefault(heading.groups(), [])
        elif insn := re.match(r" {0,7}(\d+): (.*?)(?:  ; .*)?$", line):
            current.append((int(insn[1]), insn[2]))
    return functions


def theirs(objdump, path):
    functions = {}
    section = current = start = None
    text = support.output(objdump, "-d", "--disassemble-zeroes", "--no-show-raw-insn",
                          "--show-all-symbols", "--mcpu=v4", path).decode()
    for line in text.splitlines():
        if found := re.match(r"Disassembly of section (.*):$", line):
            section = found[1]
        elif found := re.match(r"([0-9a-f]+) <(.*)>:$", line):
            start = int(found[1], 16) // 8
            current = functions.setdefault((section, found[2]), [])
        elif found := re.match(r"\s*(\d+):\t(.*)$", line):
            current.append((int(found[1]) - start, disassembly.rewritten(found[2])))
    return functions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    btfreloc = parser.parse_args().btfreloc
    objdump = support.tool("llvm-objdump-22", "llvm-objdump-19")
    comparison = support.Comparison("functions")
    for path in support.all_objects():
        mine = ours(btfreloc, path)
        listed = theirs(objdump, path)
        for name, insns in mine.items():
            # objdump runs on into code that belongs to no symbol.
            comparison.check(insns, listed.get(name, [])[:len(insns)], f"{path.name} {name}")
    comparison.finish()


if __name__ == "__main__":
    main()
