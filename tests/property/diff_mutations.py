#!/usr/bin/env python3
"""btfreloc diff names exactly the changes that were made.

Random structs and unions are written in the raw notation, changed in known ways, written again, and
compared. Names have nothing in common, so that no two members could be the same one.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

# (name, size in bytes); the ids of types are their places here, from 1.
TYPES = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8), ("list", 16), ("wide", 24)]


class Member:
    def __init__(self, name, type, bits=0):
        self.name = name
        self.type = type  # index into TYPES
        self.bits = bits  # 0: no bitfield

    def copy(self):
        return Member(self.name, self.type, self.bits)


def fresh_names():
    """Words that share nothing."""
    number = 0
    while True:
        number += 1
        yield "".join("bcdfghjklm"[int(digit)] for digit in str(number)) + "q"


def random_member(rng, names):
    if rng.random() < 0.2:
        return Member(next(names), 2, rng.randint(1, 31))
    return Member(next(names), rng.randrange(len(TYPES)))


def laid_out(members, is_union):
    """[(member, offset in bits)], as some compiler might."""
    at = 0
    places = []
    for member in members:
        size = TYPES[member.type][1] * 8
        if member.bits:
            if at % size + member.bits > size:
                at += -at % size
            places.append((member, 0 if is_union else at))
            at += member.bits
        else:
            at += -at % min(size, 64)
            places.append((member, 0 if is_union else at))
            at += size
    return places, (max(at, 64) + 63) // 64 * 8 + 24


def change(rng, members, names):
    """A few changes to a list of members; the list is new."""
    members = [member.copy() for member in members]
    for _ in range(rng.randint(0, 4)):
        what = rng.choice(["add", "remove", "retype", "swap", "bits"])
        at = rng.randrange(len(members))
        if what == "add":
            members.insert(rng.randint(0, len(members)), random_member(rng, names))
        elif what == "remove" and len(members) > 1:
            del members[at]
        elif what == "retype":
            members[at].type, members[at].bits = rng.randrange(len(TYPES)), 0
        elif what == "swap":
            other = rng.randrange(len(members))
            members[at], members[other] = members[other], members[at]
        elif what == "bits" and members[at].bits:
            members[at].bits = rng.randint(1, 31)
    return members


def expected_changes(before, after, is_union):
    old = {member.name: (member, offset) for member, offset in laid_out(before, is_union)[0]}
    new = {member.name: (member, offset) for member, offset in laid_out(after, is_union)[0]}
    changes = {(name, "added") for name in new.keys() - old.keys()}
    changes |= {(name, "removed") for name in old.keys() - new.keys()}
    for name in old.keys() & new.keys():
        (a, a_offset), (b, b_offset) = old[name], new[name]
        if a_offset != b_offset:
            changes.add((name, "moved"))
        if (a.bits or TYPES[a.type][1] * 8) != (b.bits or TYPES[b.type][1] * 8):
            changes.add((name, "resized"))
        if a.type != b.type or bool(a.bits) != bool(b.bits):
            changes.add((name, "retyped"))
    return changes


def write(btfreloc, path, composites, order):
    """BTF of [(name, is_union, members)], with some members wrapped in anonymous structs."""
    lines = [f"[{id}] INT '{name}' size={size} bits_offset=0 nr_bits={size * 8} encoding=(none)"
             if size <= 8 else f"[{id}] STRUCT '{name}' size={size} vlen=0"
             for id, (name, size) in enumerate(TYPES, 1)]

    def add(line, members):
        lines.append(f"[{add.next_id}] {line} vlen={len(members)}")
        lines.extend(f"\t'{name}' type_id={type} bits_offset={offset}"
                     + (f" bitfield_size={bits}" if has_bits else "")
                     for name, type, offset, bits in members
                     for has_bits in [any(member[3] for member in members)])
        add.next_id += 1
        return add.next_id - 1
    add.next_id = len(TYPES) + 1

    rng = random.Random(order)
    for name, is_union, members in composites:
        places, size = laid_out(members, is_union)
        records = [(member.name, member.type + 1, offset, member.bits)
                   for member, offset in places]
        if len(records) > 2 and rng.random() < 0.5:
            first = rng.randrange(len(records) - 1)
            count = rng.randint(1, len(records) - first)
            start = min(record[2] for record in records[first:first + count]) // 8 * 8
            inner = add(f"STRUCT '(anon)' size={size}",
                        [(name, type, offset - start, bits)
                         for name, type, offset, bits in records[first:first + count]])
            records[first:first + count] = [("(anon)", inner, start, 0)]
        add(f"{'UNION' if is_union else 'STRUCT'} '{name}' size={size}", records)
    text = Path(f"{path}.txt")
    text.write_text("\n".join(lines) + "\n")
    subprocess.run([btfreloc, "encode", text, "-o", path], check=True)


def said_changes(entry):
    changes = set()
    for member in entry["members"]:
        field = (member["new"] or member["old"])[0]
        if member["change"] == "changed":
            changes |= {(field["path"], what) for what in ("moved", "resized", "retyped")
                        if member[what]}
        else:
            changes.add((field["path"], member["change"]))
    return changes


def run(btfreloc, folder, seed, count):
    """(changes that were made, structs that were told wrongly)."""
    rng = random.Random(seed)
    names = fresh_names()
    before = [(f"s{number}", rng.random() < 0.15,
               [random_member(rng, names) for _ in range(rng.randint(1, 12))])
              for number in range(count)]
    after = [(name, is_union, change(rng, members, names)) for name, is_union, members in before]
    write(btfreloc, f"{folder}/old", before, 1)
    shuffled = list(after)
    rng.shuffle(shuffled)
    write(btfreloc, f"{folder}/new", shuffled, 2)
    done = subprocess.run([btfreloc, "diff", f"{folder}/old", f"{folder}/new", "--json"],
                          stdout=subprocess.PIPE, check=False)
    said = {entry["name"].split()[-1]: entry for entry in json.loads(done.stdout)["types"]}
    made, wrong = 0, 0
    for (name, is_union, old), (_, _, new) in zip(before, after):
        expected = expected_changes(old, new, is_union)
        made += len(expected)
        entry = said.pop(name, None)
        if (said_changes(entry) if entry else set()) != expected:
            wrong += 1
            print(f"seed {seed}, {name}\n  ours:   {sorted(said_changes(entry)) if entry else []}\n"
                  f"  made:   {sorted(expected)}")
    return made, wrong + len(said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    made, wrong = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.rounds):
            made_now, wrong_now = run(arguments.btfreloc, folder, seed, 300)
            made, wrong = made + made_now, wrong + wrong_now
    print(f"{made} changes of {arguments.rounds * 300} structs, {wrong} structs told wrongly")
    sys.exit(1 if wrong or not made else 0)


if __name__ == "__main__":
    main()
