#!/usr/bin/env python3
"""rustc lays out the declarations of a Rust header as the kernel's BTF says.

The header is of our making; sizes, offsets, and what bitfields are in given bytes, are computed here
from the JSON of bpftool. Both go to rustc as one crate for BPF of the kernel's byte order, where
constant evaluation compares them:

  types    some hundred structs and unions, those with bitfields first, each with all it needs
  members  single members, of structs that have no others
  all      every struct and union of the kernel (takes minutes)

Whatever the types, a header has to compile:

  hostile  types that no compiler writes: endless ones, names that are none, members in each other
  random   some of all kinds

A 32-bit kernel needs a rustc that has `core` for i686-unknown-linux-gnu.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import support

# Kinds that stand for the type they refer to.
MODIFIERS = {"TYPEDEF", "CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"}
COMPOSITES = {"STRUCT", "UNION"}

# Types of more bytes have half the kernel in them, and rustc takes a minute.
LARGEST_BY_LOT = 512

# Constant evaluation goes through all bytes for each bitfield.
LARGEST_WITH_BITS = 16384

# Names that Rust has for something else: they are not looked for under their own.
KEYWORDS = set("""as async await become box break const continue crate do dyn else enum extern false
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self
    static struct super trait true try type typeof unsafe unsized use virtual where while yield
    abstract Self""".split())

# Which no compiler writes.
HOSTILE = """[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] PTR '(anon)' type_id=2
[3] TYPEDEF 'endless' type_id=4
[4] PTR '(anon)' type_id=3
[5] TYPEDEF 'here' type_id=6
[6] TYPEDEF 'there' type_id=5
[7] FUNC_PROTO '(anon)' ret_type_id=8 vlen=2
\t'(anon)' type_id=8
\t'(anon)' type_id=8
[8] PTR '(anon)' type_id=7
[9] STRUCT 'itself' size=24 vlen=4
\t'again' type_id=9 bits_offset=0
\t'fn' type_id=8 bits_offset=0
\t'self' type_id=3 bits_offset=64
\t'self_2' type_id=2 bits_offset=128
[10] STRUCT 'type' size=12 vlen=5
\t'_padding_1' type_id=1 bits_offset=16
\t'inside' type_id=1 bits_offset=24
\t'a b' type_id=1 bits_offset=64
\t'a+b' type_id=5 bits_offset=64
\t'outside' type_id=1 bits_offset=80
[11] STRUCT 'u32' size=4 vlen=3
\t'x' type_id=1 bits_offset=0 bitfield_size=3
\t'set_x' type_id=1 bits_offset=3 bitfield_size=4
\t'type' type_id=1 bits_offset=30 bitfield_size=2
[12] STRUCT 'Self' size=0 vlen=0
[13] UNION 'type' size=7 vlen=2
\t'x' type_id=1 bits_offset=0 bitfield_size=3
\t'y' type_id=8 bits_offset=0
[14] UNION 'nothing' size=0 vlen=0
[15] ENUM '}; fn main() {' encoding=SIGNED size=1 vlen=3
\t'a' val=-300
\t'a' val=7
\t'crate' val=7
[16] TYPEDEF 'bool' type_id=11
[17] TYPEDEF 'u8' type_id=16
[18] STRUCT 'bool_' size=8 vlen=1
\t'*/' type_id=17 bits_offset=0
[19] INT '_Bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL
[20] STRUCT 'core' size=3 vlen=3
\t'(anon)' type_id=19 bits_offset=0
\t'x' type_id=15 bits_offset=8
\t'y' type_id=19 bits_offset=16 bitfield_size=1
[21] TYPEDEF 'core' type_id=1
[22] FWD 'core' fwd_kind=union
[23] PTR '(anon)' type_id=22
[24] FUNC_PROTO '(anon)' ret_type_id=0 vlen=2
\t'(anon)' type_id=23
\t'(anon)' type_id=0
[25] TYPEDEF 'Option' type_id=24
[26] PTR '(anon)' type_id=25
[27] STRUCT 'bits_' size=16 vlen=2
\t'f' type_id=26 bits_offset=0
\t'g' type_id=26 bits_offset=64
"""

SUPPORT = """
#[allow(dead_code, unused_imports)]
mod support {
pub use core::mem::{offset_of, size_of, MaybeUninit};
pub const fn size_behind<T>(_: *const T) -> usize { size_of::<T>() }
pub const fn bytes<const N: usize>(mut state: u32) -> [u8; N] {
    let mut all = [0; N];
    let mut i = 0;
    while i < N {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        all[i] = (state >> 24) as u8;
        i += 1;
    }
    all
}
/// Whether they are equal, but for those from `at` on, which are `new`.
pub const fn replaced(now: &[u8], old: &[u8], at: usize, new: &[u8]) -> bool {
    let mut i = 0;
    while i < now.len() {
        let is_new = i >= at && i < at + new.len();
        if now[i] != (if is_new { new[i - at] } else { old[i] }) { return false; }
        i += 1;
    }
    true
}
}
#[allow(unused_imports)]
use support::*;
"""


def spelled(name):
    """Of a member. The few words that `r#` does not help get a number."""
    if name in ("self", "Self", "super", "crate", "_"):
        return f"{name}_2"
    return f"r#{name}" if name in KEYWORDS else name


def random_bytes(state, size):
    """As `bytes` above."""
    result = bytearray()
    for _ in range(size):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        result.append(state >> 24)
    return result


class Kernel:
    """What bpftool says of it."""

    def __init__(self, path):
        types = json.loads(support.output(support.tool("bpftool"), "-j", "btf", "dump", "file",
                                          path))["types"]
        self.by_id = {t["id"]: t for t in types}
        header = path.read_bytes()[:2]
        self.order = "little" if header == b"\x9f\xeb" else "big"
        longs = [t["size"] for t in types
                 if t["kind"] == "INT" and t["name"] in ("long int", "long unsigned int", "long")]
        self.pointer_size = longs[0] if longs else 8
        seen = {}
        for t in types:
            if t["kind"] in COMPOSITES | {"ENUM", "ENUM64"} and t["name"] != "(anon)":
                seen.setdefault(t["name"], []).append(t)
        # Of several with one name, all but one have another.
        typedefs = {t["name"]: t for t in types if t["kind"] == "TYPEDEF"}
        self.named = [found[0] for name, found in sorted(seen.items())
                      if len(found) == 1 and found[0]["kind"] in COMPOSITES
                      and name not in KEYWORDS and self.is_same(typedefs.get(name), found[0])]

    def is_same(self, typedef, composite):
        return typedef is None or typedef["type_id"] == composite["id"]

    def resolve(self, type_id):
        while type_id and self.by_id[type_id]["kind"] in MODIFIERS:
            type_id = self.by_id[type_id]["type_id"]
        return self.by_id.get(type_id)

    def size_of(self, type_id):
        t = self.resolve(type_id)
        if t["kind"] == "PTR":
            return self.pointer_size
        if t["kind"] == "ARRAY":
            return t["nr_elems"] * self.size_of(t["type_id"])
        return t["size"]

    def members(self, composite, path=(), bits=0):
        """(path in Rust, bit offset, member) of each, those of anonymous structs in place of these.
        As bindgen does, anonymous ones are counted."""
        anonymous = 0
        for member in composite["members"]:
            at = bits + member["bits_offset"]
            if member["name"] != "(anon)":
                yield path + (spelled(member["name"]),), at, member
                continue
            inner = self.resolve(member["type_id"])
            if inner["kind"] in COMPOSITES:
                anonymous += 1
                yield from self.members(inner, path + (f"__bindgen_anon_{anonymous}",), at)

    def has_bitfields(self, composite):
        return any(member.get("bitfield_size") for _, _, member in self.members(composite))


def bits_of(order, data, offset, size):
    """An unsigned number: bit `offset` is the lowest of its byte first, or the highest."""
    whole = int.from_bytes(data, order)
    shift = offset if order == "little" else len(data) * 8 - offset - size
    return whole >> shift & ((1 << size) - 1)


def with_bits(order, data, offset, size, value):
    shift = offset if order == "little" else len(data) * 8 - offset - size
    whole = int.from_bytes(data, order) & ~(((1 << size) - 1) << shift) | value << shift
    return whole.to_bytes(len(data), order)


class Crate:
    """A header, and what is asserted of it."""

    def __init__(self, kernel, header):
        self.kernel = kernel
        self.random = random.Random(1)
        self.parts = ["#![no_std]\n", header, SUPPORT]
        self.asserts = 0

    def add(self, *conditions):
        self.asserts += len(conditions)
        lines = "".join(f"    assert!({condition});\n" for condition in conditions)
        self.parts.append(f"const _: () = {{\n{lines}}};\n")

    def check_size(self, composite):
        self.add(f"size_of::<vmlinux::{composite['name']}>() == {composite['size']}")

    def check_members(self, composite, only=None):
        name = f"vmlinux::{composite['name']}"
        for path, at, member in self.kernel.members(composite):
            if member.get("bitfield_size") or (only and member["name"] != only):
                continue
            field = ".".join(path)
            self.add(f"offset_of!({name}, {field}) == {at // 8}",
                     f"size_behind(unsafe {{ &raw const (*MaybeUninit::<{name}>::uninit().as_ptr())"
                     f".{field} }}) == {self.kernel.size_of(member['type_id'])}")

    def check_bitfields(self, composite):
        size = composite["size"]
        if size > LARGEST_WITH_BITS:
            return
        seed = self.random.getrandbits(32)
        data = random_bytes(seed, size)
        for path, at, member in self.kernel.members(composite):
            # s390x has one of 72 bits, for which there are no accessors.
            if 0 < member.get("bitfield_size", 0) <= 64:
                self.check_bitfield(composite, data, seed, path, at, member)

    def check_bitfield(self, composite, data, seed, path, at, member):
        width = member["bitfield_size"]
        scalar = self.kernel.resolve(member["type_id"])
        encoding = scalar.get("encoding")
        order = self.kernel.order
        number = bits_of(order, data, at, width)
        if encoding == "SIGNED" and number >> (width - 1):
            number -= 1 << width
        new = self.random.getrandbits(width)
        after = with_bits(order, data, at, width, new)
        first, last = at // 8, (at + width + 7) // 8
        # All the bits of the type are set, too, which others must not see.
        argument = (f"{new} != 0" if encoding == "BOOL" else
                    f"({new}u64 | {'0' if width == 64 else f'!0u64 << {width}'}) as _")
        place = ".".join(("u", "it") + path[:-1])
        method = path[-1].removeprefix("r#")
        size = composite["size"]
        window = list(after[first:last])
        self.asserts += 2
        self.parts.append(f"""const _: () = unsafe {{
    union U {{ bytes: [u8; {size}], it: vmlinux::{composite['name']} }}
    let old = bytes::<{size}>({seed});
    let mut u = U {{ bytes: old }};
    assert!({place}.{spelled(method)}() as i128 == {number});
    {place}.set_{method}({argument});
    assert!(replaced(&u.bytes, &old, {first}, &{window}));
}};
""")

    def add_declarations(self, module, text):
        self.asserts += 1
        self.parts.append(f"mod {module} {{\n{text}\n}}")

    def compile(self, rustc, target, scratch):
        source = Path(scratch, "header.rs")
        source.write_text("\n".join(self.parts))
        done = subprocess.run(
            [rustc, f"--target={target}", "--edition=2021", "--crate-type=lib", "--emit=metadata",
             "-Dwarnings", "-Along_running_const_eval", f"-L{Path(rustc).parents[1] / 'lib' / target}",
             "--out-dir", scratch, source],
            stderr=subprocess.PIPE, check=False, text=True)
        return "" if done.returncode == 0 else "\n".join(done.stderr.splitlines()[:40])


def some_types(kernel, count):
    """Those with bitfields, up to half; the others by lot, as small as most are."""
    chance = random.Random(2)
    small = [t for t in kernel.named if t["size"] <= LARGEST_BY_LOT]
    with_bits = [t for t in small if kernel.has_bitfields(t)]
    chosen = chance.sample(with_bits, min(len(with_bits), count // 2))
    names = {t["name"] for t in chosen}
    others = [t for t in small if t["name"] not in names]
    return chosen + chance.sample(others, min(len(others), count - len(chosen)))


def some_members(kernel, count):
    chance = random.Random(3)
    found = []
    for t in chance.sample(kernel.named, min(len(kernel.named), count)):
        names = [m["name"] for m in t["members"] if m["name"] != "(anon)"]
        if t["kind"] == "STRUCT" and names:
            found.append((t, chance.choice(names)))
    return found


def header(arguments, btf, *names):
    return support.output(arguments.print, btf, *names).decode()


def crate_of_types(arguments, kernel, btf):
    types = some_types(kernel, arguments.count)
    # Its own assertions are in the other crates.
    crate = Crate(kernel, header(arguments, btf, "--no-asserts", *[t["name"] for t in types]))
    for composite in types:
        crate.check_size(composite)
        crate.check_members(composite)
        crate.check_bitfields(composite)
    return crate


def crate_of_members(arguments, kernel, btf):
    members = some_members(kernel, arguments.count)
    crate = Crate(kernel, header(arguments, btf, *[f"{t['name']}.{name}" for t, name in members]))
    for composite, name in members:
        crate.check_size(composite)
        crate.check_members(composite, only=name)
    return crate


def crate_of_all(arguments, kernel, btf):
    crate = Crate(kernel, header(arguments, btf))
    for composite in kernel.named:
        crate.check_size(composite)
        crate.check_members(composite)
        crate.check_bitfields(composite)
    return crate


CRATES = {"types": crate_of_types, "members": crate_of_members, "all": crate_of_all}


def check_any(comparison, arguments, rustc, scratch):
    """Declarations of types that are no kernel's."""
    crate = Crate(None, "")
    if arguments.what == "random":
        crate.add_declarations("random", header(arguments, "--random", arguments.count))
    else:
        types = Path(scratch, "hostile.btft")
        types.write_text(HOSTILE)
        crate.add_declarations("exact", header(arguments, types))
        crate.add_declarations("relocated", header(arguments, types, "--co-re"))
    comparison.check(crate.compile(rustc, "bpfel-unknown-none", scratch), "", arguments.what)


def target_of(kernel):
    if kernel.pointer_size == 4:
        return "i686-unknown-linux-gnu"
    return "bpfel-unknown-none" if kernel.order == "little" else "bpfeb-unknown-none"


def check(comparison, arguments, rustc, packed, scratch):
    btf = Path(scratch, "kernel.btf")
    btf.write_bytes(support.read_xz(packed))
    kernel = Kernel(btf)
    target = target_of(kernel)
    if kernel.pointer_size == 4 and not list(Path(rustc).parents[1].glob(f"lib/{target}/libcore*")):
        print(f"note: {rustc} has no core for {target}, {packed.name} is left out")
        return
    crate = CRATES[arguments.what](arguments, kernel, btf)
    comparison.check(crate.compile(rustc, target, scratch), "", f"{packed.name} for {target}")
    comparison.compared += crate.asserts


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", required=True, help="print_rust_header, which is to be built")
    parser.add_argument("--toolchain", default="", help="folder of the Rust toolchain")
    parser.add_argument("--count", type=int, default=500, help="of types, members, or random headers")
    parser.add_argument("what", choices=[*CRATES, "hostile", "random"])
    parser.add_argument("kernel", nargs="*", help="ARCH/RELEASE of the corpus")
    arguments = parser.parse_args()
    rustc = Path(arguments.toolchain, "bin", "rustc")
    if not arguments.toolchain or not rustc.is_file():
        support.skip("no Rust toolchain: testdata/rust/toolchain.sh makes one for --toolchain")
    comparison = support.Comparison("facts")
    if arguments.what not in CRATES:
        with tempfile.TemporaryDirectory() as scratch:
            check_any(comparison, arguments, rustc, scratch)
    for name in arguments.kernel:
        packed = support.corpus("kernels") / f"{name}.btf.xz"
        with tempfile.TemporaryDirectory() as scratch:
            check(comparison, arguments, rustc, packed, scratch)
    comparison.finish()


if __name__ == "__main__":
    sys.exit(main())
