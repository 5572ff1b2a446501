#!/usr/bin/env python3
"""What btfreloc minimize writes decides every relocation as the kernel's own BTF does.

decisions:  all objects on all kernels of their byte order, in one run of the command: by our rules,
            by libbpf's, and by libbpf itself
modules:    types that only modules have
sizes:      no file is larger than that of `bpftool gen min_core_btf`, but for what that leaves out
            and decides otherwise: types that lack what is asked, and the size of pointers
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import support


def minimize(btfreloc, objects, kernels, folder):
    """The manifest. Objects that ask for type ids make the exit status 1."""
    done = subprocess.run([btfreloc, "minimize", *objects, "-k", ",".join(map(str, kernels)),
                           "-o", folder, "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return json.loads(done.stdout)


def unpacked_kernels(scratch, pattern="*/*.btf.xz"):
    kernels = []
    for packed in sorted(support.corpus("kernels").glob(pattern)):
        kernels.append(Path(scratch, packed.name.removesuffix(".xz")))
        kernels[-1].write_bytes(support.read_xz(packed))
    return kernels


def usable_objects():
    """All but those whose BTF a linker concatenated, which nobody can relocate."""
    return [path for path in support.all_objects() if not path.name.startswith("concatenated")]


class Comparer:
    def __init__(self, program):
        self.program = program
        self.totals = [0, 0, 0, 0]

    def compare(self, kernel, minimized, objects):
        done = subprocess.run([self.program, kernel, minimized, *objects], stdout=subprocess.PIPE,
                              check=False)
        if not done.stdout:
            raise RuntimeError(f"{self.program} {kernel}: exit status {done.returncode}")
        for i, count in enumerate(map(int, done.stdout.split())):
            self.totals[i] += count

    def finish(self):
        compared, by_libbpf, type_ids, different = self.totals
        print(f"{compared} decisions compared, and {by_libbpf} by libbpf itself; {type_ids} of "
              f"type ids not compared; {different} differences")
        sys.exit(0 if compared > 0 and by_libbpf > 0 and different == 0 else 1)


def compare_decisions(arguments, scratch):
    comparer = Comparer(arguments.decisions)
    objects = usable_objects()
    kernels = unpacked_kernels(scratch)
    folder = Path(scratch, "out")
    manifest = minimize(arguments.btfreloc, objects, kernels, folder)
    assert [row["address"] for row in manifest["kernels"]] == [str(kernel) for kernel in kernels]
    assert manifest == json.loads(folder.joinpath("manifest.json").read_text())
    for row in manifest["kernels"]:
        comparer.compare(row["address"], folder / row["file"], objects)
    comparer.finish()


def compare_modules(arguments, scratch):
    """Both as libbpf has them: in the kernel, and where it lacks a type, in its modules."""
    packed = support.corpus("kernels", "amd64")
    release = "6.12.117+deb13-cloud-amd64"
    kernel = Path(scratch, "kernel")
    kernel.mkdir()
    kernel.joinpath("vmlinux.btf").write_bytes(support.read_xz(packed / f"{release}.btf.xz"))
    for module in sorted(packed.joinpath(f"{release}.modules").glob("*.btf.xz")):
        shutil.copy(module, kernel)
    objects = usable_objects()
    comparer = Comparer(arguments.decisions)
    for name, some in [("all", objects)] + [(path.name, [path]) for path in objects]:
        folder = Path(scratch, f"out-{name}")
        little = [path for path in some if b"\x7fELF\x02\x01" == path.read_bytes()[:6]]
        if not little:
            continue
        row, = minimize(arguments.btfreloc, little, [kernel], folder)["kernels"]
        comparer.compare(kernel, folder / row["file"], little)
    compared, _, type_ids, different = comparer.totals
    print(f"{compared} decisions compared, {type_ids} of type ids not, {different} differences")
    sys.exit(0 if compared > 0 and different == 0 else 1)


def raw_types(btfreloc, path):
    """Records of the raw notation, each with its members."""
    text = support.output(btfreloc, "dump", "--raw", path).decode()
    return [record for record in re.split(r"\n(?=\[)", text.strip()) if record]


def excusable(btfreloc, ours, theirs):
    """Bytes of what bpftool leaves out: structs and enums without anything in them, which tell
    "no such member" from "no such type", and the integer that tells the size of pointers.
    Names are counted as strings of their own. The number of types and of bytes."""
    pattern = re.compile(r"\[\d+\] (?:(?:STRUCT|UNION|ENUM|ENUM64|TYPEDEF) '([^']*)'.*?vlen=0"
                         r"|INT '(long(?: unsigned)? int)')")
    known = {match[1] or match[2] for record in raw_types(btfreloc, theirs)
             if (match := re.match(r"\[\d+\] \w+ '([^']*)'()", record))}
    count = size = 0
    for record in raw_types(btfreloc, ours):
        match = pattern.match(record)
        if not match or (match[1] or match[2]) in known:
            continue
        count += 1
        size += (16 if match[2] else 12) + len(match[1] or match[2]) + 1
    return count, size


def compare_sizes(arguments, scratch):
    bpftool = support.tool("bpftool")
    folder = support.corpus("objects", "libbpf-tools")
    libbpf_tools = sorted(folder.glob("*.o"))
    sets = [("libbpf-tools", libbpf_tools)]
    if arguments.each:
        sets += [(path.name, [path]) for path in libbpf_tools]
    compared = larger = excused_types = ours_sum = theirs_sum = 0
    kernels = unpacked_kernels(scratch, "amd64/*.btf.xz")
    for name, objects in sets:
        out = Path(scratch, "out")
        for row in minimize(arguments.btfreloc, objects, kernels, out)["kernels"]:
            peer = Path(scratch, "bpftool.btf")
            support.output(bpftool, "gen", "min_core_btf", row["address"], peer, *objects)
            ours, theirs = row["bytes"], peer.stat().st_size
            compared += 1
            ours_sum += ours
            theirs_sum += theirs
            if ours <= theirs:
                continue
            types, size = excusable(arguments.btfreloc, out / row["file"], peer)
            excused_types += types
            if ours - size > theirs:
                larger += 1
                print(f"{name} on {row['label']}: {ours} bytes, bpftool's has {theirs}, and {size} "
                      "are excusable")
    print(f"{compared} files compared: {ours_sum} bytes, bpftool's have {theirs_sum}; "
          f"{excused_types} types in larger ones that bpftool leaves out; {larger} too large")
    sys.exit(0 if compared > 0 and larger == 0 else 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--decisions", help="the program minimized_decisions")
    parser.add_argument("--each", action="store_true", help="also each object by itself")
    parser.add_argument("what", choices=["decisions", "modules", "sizes"])
    arguments = parser.parse_args()
    os.environ.setdefault("LC_ALL", "C")
    with tempfile.TemporaryDirectory() as scratch:
        {"decisions": compare_decisions, "modules": compare_modules,
         "sizes": compare_sizes}[arguments.what](arguments, scratch)


if __name__ == "__main__":
    main()
