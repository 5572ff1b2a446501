#!/usr/bin/env python3
"""bpftool prints tagged unions in BTF as we do, and pahole lays their structs and unions out as they
are. pahole 1.24 says of each tag that it does not know the kind, and is silent without tags.

The BTF is what tests/kernel/tagged_unions.cpp writes: every case of docs/tagged-unions.md.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import support


def write(program, path, *flags):
    support.output(program, "write", path, *flags)
    return path


def check_bpftool(comparison, btfreloc, path, where):
    bpftool = support.tool("bpftool")
    theirs = support.output(bpftool, "btf", "dump", "file", path, "format", "raw")
    comparison.check(support.output(btfreloc, "dump", "--raw", path), theirs, f"{where}: raw")
    text = support.output(bpftool, "btf", "dump", "file", path, "format", "c").decode()
    # The tags are no part of C.
    found = re.search(r"struct Event \{\n\tunion \{\n(.*?)\t\};\n\};", text, re.DOTALL)
    comparison.check(found[1].split() if found else text,
                     "u32; struct DropIp DropIp; struct DropSni DropSni; struct Nothing Nothing;".split(),
                     f"{where}: C")


def pahole(path):
    """Its layout of every type, and what it says."""
    done = subprocess.run([support.tool("pahole"), "-F", "btf", str(path)], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


def check_pahole(comparison, path, without_tags):
    status, plain, said = pahole(without_tags)
    comparison.check((status, said), (0, ""), "pahole, no tags: status and what it says")
    status, tagged, said = pahole(path)
    comparison.check(status, 0, "pahole: status")
    # Not with newer ones.
    strange = [line for line in said.splitlines()
               if not re.fullmatch(r"BTF: idx: \d+, Unknown kind 17", line)]
    comparison.check(strange, [], "pahole: what it says of tags")
    comparison.check(tagged, plain, "pahole: the layout, with and without tags")
    # Offset and size of every member of the union, after its type and name.
    body = re.search(r"struct Event \{\n\tunion \{\n(.*?)\n\t\};\s+/\*\s+(\d+)\s+(\d+) \*/", plain,
                     re.DOTALL)
    members = re.findall(r"/\*\s+(\d+)\s+(\d+) \*/", body[1]) if body else []
    comparison.check(members, [("0", "4"), ("0", "24"), ("0", "24"), ("0", "0")],
                     "pahole: members of Event")
    # A discriminant that does not lie at 0.
    wrapped = re.search(r"u8\s+\(null\)[^\n]*/\*\s+1\s+1 \*/", plain)
    comparison.check(bool(wrapped), True, "pahole: the discriminant at byte 1")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--write", required=True, help="tagged_unions of tests/kernel")
    parser.add_argument("reader", choices=["bpftool", "pahole"])
    arguments = parser.parse_args()
    comparison = support.Comparison("facts")
    with tempfile.TemporaryDirectory() as scratch:
        path = write(arguments.write, Path(scratch, "tagged.btf"))
        without_tags = write(arguments.write, Path(scratch, "plain.btf"), "--no-tags")
        if arguments.reader == "pahole":
            check_pahole(comparison, path, without_tags)
        else:
            check_bpftool(comparison, arguments.btfreloc, path, "with tags")
            check_bpftool(comparison, arguments.btfreloc, without_tags, "no tags")
    comparison.finish()


if __name__ == "__main__":
    main()
