#!/usr/bin/env python3
"""The intrinsics of the pass are LLVM's own: its BPFAbstractMemberAccess makes of them what
btfreloc-lower-access makes.

Each file of shapes/ is rewritten by the pass once; then one copy is lowered by the pass, the other
by LLVM's own passes, where default<O2> begins. Both objects must have the same records at the same
instructions, with the same local values.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from parity import HERE, Toolchain, record_text

import support

OPTIONS = ["bitfields=exact", "bitfields=clang"]


def build(toolchain, source, options, target):
    bitcode, relocated = target.with_suffix(".bc"), target.with_suffix(".relocated.bc")
    support.output(*toolchain.compile(2, "-Xclang", "-disable-llvm-passes", "-emit-llvm", "-c",
                                      source, "-o", bitcode))
    support.output(toolchain.opt, f"-load-pass-plugin={toolchain.plugin}",
                   f"-passes=btfreloc<{options}>,default<O2>", bitcode, "-o", relocated)
    support.output(toolchain.llc, "-march=bpfel", "-mcpu=v3", "-filetype=obj", relocated,
                   "-o", target)


def records_of(btfreloc, path):
    return [f"{relocation['program']} {relocation['section_offset']}: {record_text(relocation)}"
            for relocation in support.dump_json(btfreloc, path)["relocations"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--plugin-folder", required=True)
    parser.add_argument("--llvm", type=int, required=True)
    arguments = parser.parse_args()
    toolchain = Toolchain(arguments.llvm, arguments.plugin_folder, [])
    comparison = support.Comparison("objects")
    records = 0
    for source in sorted(HERE.glob("shapes/*.c")):
        for options in OPTIONS:
            with tempfile.TemporaryDirectory() as folder:
                ours, theirs = Path(folder, "ours.o"), Path(folder, "theirs.o")
                build(toolchain, source, options, ours)
                build(toolchain, source, f"{options};emit=intrinsics", theirs)
                expected = records_of(arguments.btfreloc, theirs)
                comparison.check(records_of(arguments.btfreloc, ours), expected,
                                 f"{source.name}, {options}")
                records += len(expected)
    print(f"{records} records of LLVM's own pass")
    comparison.finish()


if __name__ == "__main__":
    sys.exit(main())
