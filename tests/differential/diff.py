#!/usr/bin/env python3
"""What btfreloc diff says of two kernels, against what others say of each.

facts:        everything that differs, against the types that bpftool prints of both kernels
relocations:  --used-by names those relocations, with those values, that `btfreloc relocate` decides
              differently on the two kernels, and the places of their members
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import support

COMPOSITES = {"STRUCT", "UNION"}
ENUMS = {"ENUM", "ENUM64"}
MODIFIERS = {"CONST", "VOLATILE", "RESTRICT", "TYPE_TAG", "TYPEDEF"}
GROUPS = {"STRUCT": "types", "UNION": "types", "ENUM": "types", "ENUM64": "types", "INT": "types",
          "FLOAT": "types", "TYPEDEF": "types", "FUNC": "functions", "VAR": "variables"}


def run_diff(btfreloc, *arguments):
    """(exit status, JSON) of a comparison."""
    done = subprocess.run([btfreloc, "diff", "--json", *map(str, arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.returncode, json.loads(done.stdout)


class Kernel:
    """The types of a kernel as bpftool tells them."""

    def __init__(self, path):
        dump = support.output(support.tool("bpftool"), "-j", "btf", "dump", "file", path)
        self.types = {type["id"]: type for type in json.loads(dump)["types"]}
        self.types[0] = {"kind": "VOID", "name": ""}
        self.pointer = 8
        self.spelled = {}

    def name(self, type):
        name = self.types[type]["name"] if "name" in self.types[type] else ""
        return "" if name == "(anon)" else name

    def kind(self, type):
        return self.types[type]["kind"]

    def stripped(self, type):
        while self.kind(type) in MODIFIERS:
            type = self.types[type]["type_id"]
        return type

    def size(self, type):
        """In bytes; None where that means nothing."""
        type = self.stripped(type)
        record = self.types[type]
        if record["kind"] == "PTR":
            return self.pointer
        if record["kind"] == "ARRAY":
            element = self.size(record["type_id"])
            return None if element is None else element * record["nr_elems"]
        return None if record["kind"] == "FWD" else record.get("size")

    def spell(self, type):
        """What a declaration says, as a value: equal ones are declared alike."""
        if type not in self.spelled:
            self.spelled[type] = "itself"
            self.spelled[type] = self.spell_anew(type)
        return self.spelled[type]

    def spell_anew(self, type):
        record = self.types[type]
        kind = record["kind"]
        if kind == "TYPE_TAG":
            return self.spell(record["type_id"])
        if kind in ("PTR", "CONST", "VOLATILE", "RESTRICT"):
            return (kind, self.spell(record["type_id"]))
        if kind == "ARRAY":
            return (kind, record["nr_elems"], self.spell(record["type_id"]))
        if kind == "FUNC_PROTO":
            return (kind, self.spell(record["ret_type_id"]),
                    tuple(self.spell(param["type_id"]) for param in record["params"]))
        if kind == "FWD":
            return ("UNION" if record["fwd_kind"] == "union" else "STRUCT", self.name(type))
        if kind in ENUMS:
            return ("ENUM", self.name(type) or ("nameless", record["size"]))
        if kind in COMPOSITES and not self.name(type):
            return (kind, record["size"], tuple(
                (member["name"], member["bits_offset"], member.get("bitfield_size", 0),
                 self.spell(member["type_id"]), self.size(member["type_id"]))
                for member in record["members"]))
        return (kind, self.name(type))

    def fields(self, type, start=0):
        """{name: (offset, bitfield size, type)} of a composite, anonymous members gone into."""
        found = {}
        for member in self.types[type]["members"]:
            offset = start + member["bits_offset"]
            if member["name"] in ("", "(anon)"):
                inner = self.stripped(member["type_id"])
                if self.kind(inner) in COMPOSITES:
                    found.update(self.fields(inner, offset))
            else:
                found[member["name"]] = (offset, member.get("bitfield_size", 0), member["type_id"])
        return found

    def named(self):
        """{(group, keyword kind, name): [type]} of what is compared."""
        found = {}
        for type, record in self.types.items():
            kind = record["kind"]
            if kind not in GROUPS or not self.name(type):
                continue
            space = {"UNION": "tag", "STRUCT": "tag", "ENUM": "tag", "ENUM64": "tag"}.get(
                kind, GROUPS[kind])
            found.setdefault((GROUPS[kind], space, self.name(type)), []).append(type)
        return found


def nameless(kernel, type):
    """The composite without a name that a member or typedef is declared with, or None."""
    while kernel.kind(type) in MODIFIERS - {"TYPEDEF"}:
        type = kernel.types[type]["type_id"]
    return type if kernel.kind(type) in COMPOSITES and not kernel.name(type) else None


def field_changes(old, old_type, new, new_type, prefix="", starts=(0, 0)):
    """{(path, what)} of two composites."""
    before = old.fields(old_type, starts[0])
    after = new.fields(new_type, starts[1])
    changes = {(prefix + name, "added") for name in after.keys() - before.keys()}
    changes |= {(prefix + name, "removed") for name in before.keys() - after.keys()}
    for name in before.keys() & after.keys():
        old_offset, old_bits, old_member = before[name]
        new_offset, new_bits, new_member = after[name]
        if old_offset != new_offset:
            changes.add((prefix + name, "moved"))
        old_size = old_bits or (old.size(old_member) or 0) * 8
        new_size = new_bits or (new.size(new_member) or 0) * 8
        if old_size != new_size:
            changes.add((prefix + name, "resized"))
        if old.spell(old_member) != new.spell(new_member) or bool(old_bits) != bool(new_bits):
            inside = nameless(old, old_member), nameless(new, new_member)
            if None not in inside and old.kind(inside[0]) == new.kind(inside[1]):
                changes |= field_changes(old, inside[0], new, inside[1], f"{prefix}{name}.",
                                         (old_offset, new_offset))
            else:
                changes.add((prefix + name, "retyped"))
    return changes


def enumerator_changes(old, old_type, new, new_type):
    def values(kernel, type):
        return {value["name"]: value["val"] % 2**32 if kernel.kind(type) == "ENUM"
                else value["val"] % 2**64 for value in kernel.types[type]["values"]}
    before, after = values(old, old_type), values(new, new_type)
    return ({(name, "added") for name in after.keys() - before.keys()}
            | {(name, "removed") for name in before.keys() - after.keys()}
            | {(name, "changed") for name in before.keys() & after.keys()
               if before[name] != after[name]})


def prototype_differs(old, old_type, new, new_type):
    """Functions differ for their callers: parameters by name and place, and types."""
    def shape(kernel, type):
        proto = kernel.types[kernel.types[type]["type_id"]]
        return kernel.spell(proto["ret_type_id"]), [
            (param["name"], kernel.spell(param["type_id"])) for param in proto["params"]]
    (old_return, before), (new_return, after) = shape(old, old_type), shape(new, new_type)
    if old_return != new_return or len(before) != len(after):
        return True
    if [type for _, type in before] == [type for _, type in after]:
        # Other names change nothing, unless the same ones changed places.
        names = [name for name, _ in before], [name for name, _ in after]
        return any(name and names[1].index(name) != i for i, name in enumerate(names[0])
                   if name in names[1] and names[0].count(name) == 1)
    return True


def said_changes(members):
    """The same of what diff says; renamed members are removed and added ones."""
    changes = set()
    for member in members:
        if member["change"] in ("renamed", "split", "merged"):
            changes |= {(field["path"], "removed") for field in member["old"]}
            changes |= {(field["path"], "added") for field in member["new"]}
        elif member["change"] in ("added", "removed"):
            changes.add(((member["new"] or member["old"])[0]["path"], member["change"]))
        else:
            changes |= {(member["new"][0]["path"], what) for what in ("moved", "resized", "retyped")
                        if member[what]}
    return changes


def is_moved_inside(member):
    """Renamed into or out of a struct inside: on one side no member of the struct itself."""
    return member["change"] == "renamed" and any(
        "." in field["path"] for field in member["old"] + member["new"])


def compare_facts(btfreloc, old_path, new_path, comparison):
    _, said = run_diff(btfreloc, old_path, new_path)
    old, new = Kernel(old_path), Kernel(new_path)
    before, after = old.named(), new.named()
    entries = {}
    for group in ("types", "functions", "variables"):
        for entry in said[group]:
            side = entry["new"] or entry["old"]
            if side is None:
                continue  # enums without a name
            kind = side["kind"]
            space = "tag" if kind in COMPOSITES | ENUMS else GROUPS[kind]
            name = entry["name"].split(" ", 1)[-1] if kind not in ("INT", "FLOAT") else entry["name"]
            entries.setdefault((group, space, name), []).append(entry)
    for key in sorted(before.keys() | after.keys()):
        olds, news = before.get(key, []), after.get(key, [])
        if len(olds) > 1 or len(news) > 1:
            continue  # which is whose counterpart is a matter of taste
        entry = entries.get(key, [None])[0]
        if not olds or not news:
            comparison.check(entry and entry["change"], "removed" if olds else "added", key)
            continue
        compare_pair(old, olds[0], new, news[0], entry, key, comparison)


def compare_pair(old, old_type, new, new_type, entry, key, comparison):
    if key[0] == "functions":
        comparison.check(entry is not None, prototype_differs(old, old_type, new, new_type), key)
        return
    if key[0] == "variables":
        comparison.check(entry is not None,
                         old.spell(old.types[old_type]["type_id"])
                         != new.spell(new.types[new_type]["type_id"])
                         or old.size(old.types[old_type]["type_id"])
                         != new.size(new.types[new_type]["type_id"]), key)
        return
    inside = old_type, new_type
    if old.kind(old_type) == "TYPEDEF":
        inside = (nameless(old, old.types[old_type]["type_id"]),
                  nameless(new, new.types[new_type]["type_id"]))
        if None in inside:
            return
    if old.kind(inside[0]) in COMPOSITES and old.kind(inside[0]) == new.kind(inside[1]):
        expected = field_changes(old, inside[0], new, inside[1])
        members = entry["members"] if entry else []
        ours = said_changes(members)
        for member in members:
            if is_moved_inside(member):
                ours -= {(field["path"], what) for what in ("added", "removed")
                         for field in member["old"] + member["new"] if (field["path"], what)
                         not in expected}
        comparison.check(sorted(ours), sorted(expected), key)
    elif old.kind(inside[0]) in ENUMS and new.kind(inside[1]) == old.kind(inside[0]):
        ours = {(value["name"], value["change"]) for value in entry["enumerators"]} if entry else set()
        comparison.check(sorted(ours), sorted(enumerator_changes(old, inside[0], new, inside[1])),
                         key)


def essential(root):
    """"struct task_struct" of "struct task_struct___old"."""
    head, found, tail = root.rpartition("___")
    return head if found and head.strip("_") and tail.strip("_") else root


def relocated(btfreloc, object, kernel):
    done = subprocess.run([btfreloc, "relocate", "--json", object, "-k", kernel],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return json.loads(done.stdout)["relocations"] if done.returncode <= 1 else None


def compare_relocations(btfreloc, object, old, new, comparison):
    before, after = relocated(btfreloc, object, old), relocated(btfreloc, object, new)
    if before is None or after is None:
        return
    status, said = run_diff(btfreloc, old, new, "--used-by", object)
    result = {record["id"]: (record["outcome"], record["new"]) for record in before}
    expected = {record["id"]: (result[record["id"]], (record["outcome"], record["new"]))
                for record in after if result[record["id"]] != (record["outcome"], record["new"])}
    ours = {record["id"]: ((record["old"]["outcome"], record["old"]["value"]),
                           (record["new"]["outcome"], record["new"]["value"]))
            for record in said["relocations"]}
    where = f"{object.name} on {Path(old).name} and {Path(new).name}"
    comparison.check(ours, expected, where)
    told = [record for record in said["relocations"] if not record["only_type_id"]]
    names = {entry["name"]: entry for entry in said["types"]}
    comparison.check(sorted({essential(record["root"]) for record in told}), sorted(names), where)
    functions = said["functions"] + said["variables"]
    comparison.check(status, 1 if told or functions else 0, f"{where}: exit status")
    for record in told:
        compare_member(record, names[essential(record["root"])], comparison, where)


def compare_member(record, entry, comparison, where):
    """The member of a relocation is at the bytes that the relocation was given."""
    if record["kind"] != "byte_off":
        return
    members = [member for member in entry["members"]
               if record["path"] in [field["path"] for field in member["old"] + member["new"]]]
    for side in ("old", "new"):
        value = record[side]["value"]
        fields = [field for member in members for field in member[side]]
        if value is None:
            # Where the type or the member is not there, or its size keeps it from being read.
            continue
        if entry[side] is None or not fields or fields[0]["bitfield_size"]:
            continue
        comparison.check(fields[0]["bits_offset"] // 8, value,
                         f"{where}: {record['id']} {record['path']} {side}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--each", action="store_true", help="every object, and more kernels")
    parser.add_argument("mode", choices=["facts", "relocations"])
    arguments = parser.parse_args()
    kernels = support.corpus("kernels", "amd64")
    with tempfile.TemporaryDirectory() as scratch:
        def kernel(pattern):
            packed = sorted(kernels.glob(pattern))[0]
            path = Path(scratch, packed.name.removesuffix(".xz"))
            path.write_bytes(support.read_xz(packed) if packed.suffix == ".xz"
                             else packed.read_bytes())
            return path
        pairs = [(kernel("6.1.*cloud*"), kernel("6.12.117*")),
                 (kernel("6.12.43*"), kernel("6.12.117*"))]
        if arguments.each:
            pairs += [(kernel("5.10*"), kernel("6.18*")), (kernel("7.1*"), kernel("6.1.*cloud*"))]
        if arguments.mode == "facts":
            comparison = support.Comparison("types, functions and variables")
            for old, new in pairs if arguments.each else pairs[:1]:
                compare_facts(arguments.btfreloc, old, new, comparison)
        else:
            comparison = support.Comparison("answers")
            objects = [path for path in support.all_objects() if "bpfeb" not in path.name
                       and "big-endian" not in path.parts]
            for number, object in enumerate(objects):
                if arguments.each or number % 5 == 0:
                    for old, new in pairs:
                        compare_relocations(arguments.btfreloc, object, old, new, comparison)
        comparison.finish()


if __name__ == "__main__":
    main()
