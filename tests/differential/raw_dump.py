#!/usr/bin/env python3
"""`btfreloc dump --raw` is byte for byte what `bpftool btf dump file X format raw` prints, and what
`btfreloc encode` makes of that text is to bpftool the same types again.

Inputs are every kernel of the corpus, its modules on their base, and our own objects. The dump is
made from the .xz itself, bpftool gets the unpacked file.
"""

import argparse
import tempfile
from pathlib import Path

import support

# Why bpftool 7.1 and we may differ, by object: nothing so far, but for what it cannot read.
NOT_FOR_BPFTOOL = {
    "no_btf": "there is no BTF in it",
    "concatenated": "bpftool prints the first blob only, we print every one under a heading",
}


def first_difference(ours, theirs):
    """The first line that differs, for the report: whole dumps are megabytes."""
    for number, (a, b) in enumerate(zip(ours.splitlines(), theirs.splitlines()), 1):
        if a != b:
            return f"line {number}: {a!r}", f"line {number}: {b!r}"
    return f"{len(ours)} bytes", f"{len(theirs)} bytes"


def compare(comparison, where, ours, theirs):
    if ours == theirs:
        comparison.check("", "", where)
    else:
        comparison.check(*first_difference(ours, theirs), where)


def compare_encoded(comparison, where, tools, scratch, text, base=()):
    """`text` is a dump of `bpftool`; `base` the arguments that name the base."""
    btfreloc, bpftool = tools
    written, encoded = scratch / "text", scratch / "encoded.btf"
    written.write_bytes(text)
    support.output(btfreloc, "encode", *base, written, "-o", encoded)
    compare(comparison, f"{where}, encoded", text,
            support.output(bpftool, *base, "btf", "dump", "file", encoded, "format", "raw"))


def compare_kernels(comparison, btfreloc, bpftool, scratch):
    tools = btfreloc, bpftool
    for packed in sorted(support.corpus("kernels").glob("*/*.btf.xz")):
        plain = scratch / "kernel.btf"
        plain.write_bytes(support.read_xz(packed))
        theirs = support.output(bpftool, "btf", "dump", "file", plain, "format", "raw")
        compare(comparison, packed.name, support.output(btfreloc, "dump", "--raw", packed), theirs)
        compare_encoded(comparison, packed.name, tools, scratch, theirs)
        for module in sorted(Path(str(packed).replace(".btf.xz", ".modules")).glob("*.btf.xz")):
            plain_module = scratch / "module.btf"
            plain_module.write_bytes(support.read_xz(module))
            where = f"{packed.name} {module.name}"
            theirs = support.output(bpftool, "-B", plain, "btf", "dump", "file", plain_module,
                                    "format", "raw")
            compare(comparison, where,
                    support.output(btfreloc, "dump", "--raw", "-B", packed, module), theirs)
            compare_encoded(comparison, where, tools, scratch, theirs, ("-B", plain))


def compare_running(comparison, btfreloc, bpftool):
    folder = Path("/sys/kernel/btf")
    if not (folder / "vmlinux").is_file():
        support.skip("the running kernel shows no BTF")
    for path in sorted(folder.iterdir()):
        base = [] if path.name == "vmlinux" else ["-B", folder / "vmlinux"]
        compare(comparison, path, support.output(btfreloc, "dump", "--raw", path),
                support.output(bpftool, *base, "btf", "dump", "file", path, "format", "raw"))


def compare_objects(comparison, btfreloc, bpftool):
    for path in support.own_objects():
        if path.name.split(".")[0] in NOT_FOR_BPFTOOL:
            continue
        compare(comparison, path.name, support.output(btfreloc, "dump", "--raw", path),
                support.output(bpftool, "btf", "dump", "file", path, "format", "raw"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("what", choices=["kernels", "objects", "running"])
    arguments = parser.parse_args()
    bpftool = support.tool("bpftool")
    comparison = support.Comparison("dumps")
    if arguments.what == "objects":
        compare_objects(comparison, arguments.btfreloc, bpftool)
    elif arguments.what == "running":
        compare_running(comparison, arguments.btfreloc, bpftool)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            compare_kernels(comparison, arguments.btfreloc, bpftool, Path(scratch))
    comparison.finish()


if __name__ == "__main__":
    main()
