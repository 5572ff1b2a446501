#!/usr/bin/env python3
"""What relocate makes of every relocation is what libbpf 1.8 made of it.

expected:  the tables of the corpus: outcome, values and instruction bytes of every relocation of
           the libbpf-tools on eight kernels, decided as libbpf decides and by our own rules
rewritten: the file that -o writes differs from the object in the relocated instructions and in
           core_relo_len, and nowhere else; with --keep-relocations in the instructions only
"""

import argparse
import collections
import csv
import io
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import support


def relocate(btfreloc, path, kernel, *flags):
    """The JSON report; a fatal relocation, exit status 1, is an answer too."""
    done = subprocess.run([btfreloc, "relocate", path, "-k", kernel, "--json", *flags],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise RuntimeError(f"{path}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


def rows_by_object(table):
    rows = collections.defaultdict(list)
    for row in csv.DictReader(io.StringIO(support.read_xz(table).decode()), delimiter="\t"):
        rows[row["object"]].append(row)
    return rows


def text(value):
    return "None" if value is None else str(value)


def compare_row(comparison, ours, row, where):
    if not comparison.check(ours is not None, True, f"{where}: missing"):
        return
    facts = [(ours["outcome"], row["outcome"]), (ours["before"], row["before"]),
             (ours["after"], row["after"])]
    # None: not validated, or not computed.
    facts += [(text(ours[field]), row[field]) for field in ("old", "new") if row[field] != "None"]
    comparison.check([fact[0] for fact in facts], [fact[1] for fact in facts], where)


def compare_expected(comparison, btfreloc, scratch):
    folder = support.corpus("objects", "libbpf-tools")
    for table in sorted(support.corpus("objects", "expected").glob("*.tsv.xz")):
        arch, release = table.name.removesuffix(".tsv.xz").split(".", 1)
        kernel = Path(scratch, f"{release}.btf")
        kernel.write_bytes(support.read_xz(support.corpus("kernels", arch) / f"{release}.btf.xz"))
        for name, rows in sorted(rows_by_object(table).items()):
            for flags in ([], ["--compat=libbpf"]):
                report = relocate(btfreloc, folder / name, kernel, *flags)
                ours = {(r["section"], str(r["section_offset"])): r for r in report["relocations"]}
                for row in rows:
                    compare_row(comparison, ours.get((row["section"], row["section_offset"])), row,
                                f"{release} {name} {row['section']}+{row['section_offset']} "
                                f"{row['local_spec']} {' '.join(flags)}")
        kernel.unlink()


def section_offsets(elf):
    """File offset of each section of a little-endian 64-bit ELF file, by name: the first."""
    table, = struct.unpack_from("<Q", elf, 40)
    count, names_index = struct.unpack_from("<HH", elf, 60)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + 64 * i) for i in range(count)]
    names = headers[names_index][4]
    offsets = {}
    for header in headers:
        name = elf[names + header[0]:elf.index(0, names + header[0])].decode()
        offsets.setdefault(name, header[4])
    return offsets


def compare_rewritten(comparison, btfreloc, scratch):
    kernel = support.corpus("kernels", "amd64") / "6.12.117+deb13-cloud-amd64.btf.xz"
    unpacked = Path(scratch, "vmlinux.btf")
    unpacked.write_bytes(support.read_xz(kernel))
    out = Path(scratch, "out.o")
    for path in sorted(support.corpus("objects", "libbpf-tools").glob("*.o")):
        if not support.dump_json(btfreloc, path)["relocations"]:
            continue
        expected = bytearray(path.read_bytes())
        offsets = section_offsets(expected)
        report = relocate(btfreloc, path, unpacked, "-o", out, "--keep-relocations")
        for relocation in report["relocations"]:
            before, after = (bytes.fromhex(relocation[key]) for key in ("before", "after"))
            start = offsets[relocation["section"]] + relocation["section_offset"]
            comparison.check(expected[start:start + len(before)].hex(), before.hex(),
                             f"{path.name} {relocation['id']}: before")
            expected[start:start + len(after)] = after
        comparison.check(out.read_bytes() == expected, True, f"{path.name}: --keep-relocations")
        relocate(btfreloc, path, unpacked, "-o", out)
        struct.pack_into("<I", expected, offsets[".BTF.ext"] + 28, 0)
        comparison.check(out.read_bytes() == expected, True, f"{path.name}: core_relo_len")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("what", choices=["expected", "rewritten"])
    arguments = parser.parse_args()
    comparison = support.Comparison("facts")
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.what == "expected":
            compare_expected(comparison, arguments.btfreloc, scratch)
        else:
            compare_rewritten(comparison, arguments.btfreloc, scratch)
    comparison.finish()


if __name__ == "__main__":
    main()
