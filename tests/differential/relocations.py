#!/usr/bin/env python3
"""Programs, instructions and CO-RE relocations of every object are those that others find.

counts:    testdata/objects/count.py, which shares no code with us, and for relocations also
           `llvm-objdump -dr`
expected:  the tables of the corpus, which hold what libbpf 1.8 makes of every relocation of the
           libbpf-tools: section, offset, kind, the relocation as libbpf spells it, local value
"""

import argparse
import collections
import csv
import io
import re
import sys
from pathlib import Path

import support

KINDS = ["byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64",
         "local_type_id", "target_type_id", "type_exists", "type_size", "enumval_exists",
         "enumval_value", "type_matches"]


def independent_counts(objects):
    script = Path(__file__).resolve().parents[2] / "testdata" / "objects" / "count.py"
    table = support.output(sys.executable, script, *objects).decode()
    return list(csv.DictReader(io.StringIO(table), delimiter="\t"))


def compare_counts(comparison, btfreloc):
    objdump = support.tool("llvm-objdump-22", "llvm-objdump-19")
    objects = support.all_objects()
    for path, row in zip(objects, independent_counts(objects)):
        if path.name.startswith("concatenated"):
            continue  # nothing can be matched with its code, and count.py prints no counts
        dump = support.dump_json(btfreloc, path)
        kinds = collections.Counter(relocation["kind"] for relocation in dump["relocations"])
        ours = [len(dump["programs"])] + [kinds[kind] for kind in KINDS]
        theirs = [int(row["functions"])] + [int(row[kind]) for kind in KINDS]
        comparison.check(ours, theirs, f"{path.name}, count.py")
        text = support.output(objdump, "-dr", "--mcpu=v4", path).decode()
        listed = collections.Counter(re.findall(r"CO-RE <(\w+)>", text))
        comparison.check([kinds[kind] for kind in KINDS], [listed[kind] for kind in KINDS],
                         f"{path.name}, llvm-objdump")


def spec_of(relocation):
    """The relocation as libbpf spells it, from the fields of our JSON."""
    word = relocation["root"].split(" ", 1)
    if len(word) == 1:
        word = ["int", word[0]]
    text = f"<{relocation['kind']}> [{relocation['type_id']}] {word[0]} {word[1]}"
    if relocation["kind"].startswith("enumval"):
        return text + f"::{relocation['path']}"
    if relocation["path"]:
        separator = "" if relocation["path"].startswith("[") else "."
        text += f"{separator}{relocation['path']} ({relocation['access']} @"
    return text


def compare_expected(comparison, btfreloc):
    table = next(support.corpus("objects", "expected").glob("amd64.6.12.117*.tsv.xz"))
    folder = support.corpus("objects", "libbpf-tools")
    rows = csv.DictReader(io.StringIO(support.read_xz(table).decode()), delimiter="\t")
    by_object = collections.defaultdict(list)
    for row in rows:
        by_object[row["object"]].append(row)
    for name, theirs in sorted(by_object.items()):
        ours = {(r["section"], str(r["section_offset"]), r["kind"], spec_of(r)): r
                for r in support.dump_json(btfreloc, folder / name)["relocations"]}
        for row in theirs:
            kind = row["kind"].removeprefix("field_")
            kind = "field_exists" if kind == "exists" else kind
            spec = row["local_spec"].split(" offset ")[0].split(" = ")[0]
            found = ours.get((row["section"], row["section_offset"], kind, spec))
            where = f"{name} {row['section']}+{row['section_offset']}"
            if not comparison.check(found is not None, True, f"{where}: {kind} {spec}"):
                continue
            if row["old"] not in ("", "None"):  # None: libbpf does not validate it
                comparison.check(str(found["local"]), row["old"], f"{where}: local value")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("what", choices=["counts", "expected"])
    arguments = parser.parse_args()
    comparison = support.Comparison("facts")
    if arguments.what == "counts":
        compare_counts(comparison, arguments.btfreloc)
    else:
        compare_expected(comparison, arguments.btfreloc)
    comparison.finish()


if __name__ == "__main__":
    main()
