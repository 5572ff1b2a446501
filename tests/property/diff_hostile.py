#!/usr/bin/env python3
"""Types made to be slow to compare: btfreloc diff answers within seconds and a limited memory."""

import argparse
import resource
import struct
import subprocess
import sys
import tempfile

SECONDS = 20  # of one core; sanitizers and slow machines included
MEMORY = 2 << 30

STRUCT, FUNC_PROTO, PTR, INT = 4, 13, 2, 1


class Blob:
    """BTF in the making."""

    def __init__(self):
        self.types = bytearray()
        self.strings = bytearray(b"\0")
        self.names = {"": 0}
        self.count = 0
        self.integer = self.add("int", INT, 0, 4, struct.pack("<I", 1 << 24 | 32))

    def name(self, name):
        if name not in self.names:
            self.names[name] = len(self.strings)
            self.strings += name.encode() + b"\0"
        return self.names[name]

    def add(self, name, kind, vlen, third, rest=b""):
        self.types += struct.pack("<III", self.name(name), kind << 24 | vlen, third) + rest
        self.count += 1
        return self.count

    def struct(self, name, members):
        """Members are (name, type, offset in bits)."""
        return self.add(name, STRUCT, len(members), 64,
                        b"".join(struct.pack("<III", self.name(name), type, offset)
                                 for name, type, offset in members))

    def bytes(self):
        return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types),
                           len(self.strings)) + self.types + self.strings


def shared(side):
    """Structs that share an anonymous one with tens of thousands of members."""
    blob = Blob()
    large = blob.struct("", [(f"m{k}", blob.integer, k * 32 + side) for k in range(60_000)])
    for k in range(50_000):
        blob.struct(f"s{k}", [("", large, 0), (f"x{side}", blob.integer, side)])
    return blob


def by_fives(side):
    """Anonymous structs of five anonymous structs each, thirty deep."""
    blob = Blob()
    inner = blob.struct("", [("x", blob.integer, side)] * 5)
    for _ in range(30):
        inner = blob.struct("", [("", inner, side)] * 5)
    for k in range(50_000):
        blob.struct(f"s{k}", [("", inner, side)] * 2)
    return blob


def renamed(side):
    """Hundreds of members that could each be any of hundreds of others."""
    blob = Blob()
    pointer = blob.add("", PTR, 0, blob.integer)
    for k in range(1_000):
        blob.struct(f"s{k}", [(f"a_{side}_{j}", pointer, j * 64) for j in range(300)])
    return blob


def nested(side):
    """Structs that hold 26 of 26 of 26 others, in all of which a name is looked for."""
    blob = Blob()
    inner = blob.struct("l", [(f"x{j}", blob.integer, 32 * j) for j in range(26)])
    for depth in range(3):
        inner = blob.struct(f"l{depth}", [(f"y{j}", inner, j * 64) for j in range(26)])
    for k in range(50_000):
        blob.struct(f"s{k}", [("in", inner, 0), (f"x{k % 7 + side}", blob.integer, side)])
    return blob


def prototypes(side):
    """Functions of sixty functions each, twenty deep."""
    blob = Blob()
    type = blob.integer
    for _ in range(20):
        proto = blob.add("", FUNC_PROTO, 60, type, struct.pack("<II", 0, type) * 60)
        type = blob.add("", PTR, 0, proto)
    for k in range(10_000):
        blob.struct(f"s{k}", [("f", type, side)])
    return blob


def one_name(side):
    """A name of a hundred thousand structs."""
    blob = Blob()
    for k in range(100_000):
        blob.struct("same", [("m", blob.integer, side + k)])
    return blob


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--btfreloc", required=True)
    btfreloc = parser.parse_args().btfreloc
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for make in (shared, by_fives, renamed, nested, prototypes, one_name):
            for name, side in (("old", 0), ("new", 32)):
                with open(f"{folder}/{name}", "wb") as file:
                    file.write(make(side).bytes())
            done = subprocess.run([btfreloc, "diff", f"{folder}/old", f"{folder}/new"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                                  preexec_fn=limit)
            print(f"{make.__name__}: exit status {done.returncode}")
            if done.returncode != 1:
                failures += 1
                print(done.stderr.decode(errors="replace"))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
