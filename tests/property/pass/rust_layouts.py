#!/usr/bin/env python3
"""layouts.py for Rust: what `btfreloc emit` makes of rustc's code never reads or writes the wrong
place.

Random records (layout S) and functions that access them, in the shapes that Rust authors write, are
compiled by rustc and `btfreloc emit`, and relocated for a shuffle of the records (layout T). Each
must return what the same function compiled by rustc with T returns, and leave all of the memory as
that does.

A function that there is a warning about is counted and not compared.
"""

import argparse
import collections
import json
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.dont_write_bytecode = True  # The sources stay as they are.

import layouts  # noqa: E402
import records  # noqa: E402
from batches import HOST_PRELUDE, MEMORY_BYTES, PER_LAYOUT, PRELUDE, Batch, Layout  # noqa: E402
from batches import places_source, split, target_source  # noqa: E402
from functions import Function, Functions  # noqa: E402
from places import mask  # noqa: E402
from records import Member, Number, Pointer, Record, is_plain, member_size_about  # noqa: E402
from toolchain import Toolchain, fatal_relocations, support  # noqa: E402

HERE = Path(__file__).resolve().parent
PER_BATCH = 10
RUSTC_FLAGS = ["--target=bpfel-unknown-none", "--edition=2021", "--crate-type=lib",
               "--cap-lints=allow", "-Copt-level=2", "-Cpanic=abort", "-Ccodegen-units=1"]
ROUTES = {"calls kept": ["-Zinline-mir=no"], "MIR inlined": []}
LEAST_LOADED = 0.9    # Loops that end at an address are nothing for the verifier.
LEAST_COMPARED = 0.8  # Many shapes in Rust leave two meanings, and warnings say so.

RUST_PRELUDE = """\
#![no_std]
#![allow(non_camel_case_types)]
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr::{addr_of, addr_of_mut, NonNull};
use vmlinux::*;
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
"""
PROGRAM_PRELUDE = f"""\
#[repr(C, align(64))]
pub struct Memory([u8; {MEMORY_BYTES}]);
#[no_mangle]
static mut memory: Memory = Memory([0; {MEMORY_BYTES}]);
#[no_mangle]
static mut result: u64 = 0;
#[no_mangle]
static mut argument: u64 = 0;
"""


# The records.

@dataclass
class RustNumber(Number):
    """`name` is C's. What the member is wrapped in has the same bytes."""
    rust: str = "u8"
    wrapper: str | None = None

    def spelling(self):
        if self.wrapper == "newtype":
            return f"new_{self.rust}"
        return f"{self.wrapper}<{self.rust}>" if self.wrapper else self.rust

    def value(self, place):
        """Reads a place of this type."""
        return place + {"newtype": ".0", "Cell": ".get()", "MaybeUninit": ".assume_init()",
                        None: ""}[self.wrapper]


@dataclass
class RustPointer(Pointer):
    form: str = "*mut {}"

    def is_optional(self):
        return self.form.startswith("Option")


C_NAMES = {"u8": "u8", "i8": "s8", "u16": "u16", "i16": "s16", "u32": "u32", "i32": "s32",
           "u64": "u64", "i64": "s64", "usize": "u64", "isize": "s64"}
NUMBERS = [RustNumber(c, 64 if "size" in rust else int(rust[1:]), rust=rust)
           for rust, c in C_NAMES.items()]
BOOL = RustNumber("_Bool", 8, "bool", rust="bool")
WRAPPERS = ["newtype", "Cell", "MaybeUninit"]
POINTERS = ["*mut {}", "*mut {}", "*const {}", "Option<&'static {}>", "Option<&'static {}>",
            "Option<NonNull<{}>>"]
NEWTYPES = "".join(f"#[repr(transparent)]\n#[derive(Clone, Copy)]\npub struct new_{rust}"
                   f"(pub {rust});\n" for rust in C_NAMES)


def is_copy(type_):
    if isinstance(type_, Record):
        return all(is_copy(member.type) for member in type_.members)
    return not isinstance(type_, RustNumber) or type_.wrapper != "Cell"


class RustLayouts(records.Layouts):
    """Makes layouts of what repr(C) and a C declaration can both be."""

    def record(self, index, root, earlier):
        record = Record("union" if not root and self.chance(0.2) else "struct",
                        tag=f"{self.prefix}_r{index}")
        self.fill(record, earlier, self.rng.randint(9, 16) if root else self.rng.randint(3, 8), 0)
        record.members.insert(self.rng.randrange(len(record.members) + 1), *self.number())
        if root and self.chance(0.3):
            record.members.append(Member(self.name("tail"), self.rng.choice(NUMBERS), (0,)))
        return record

    def some_members(self, record, earlier, depth):
        makers = [(30, self.number), (8, self.wrapped), (14, self.numbers), (12, self.pointer)]
        if earlier:
            makers += [(14, self.nested), (10, self.nested_array)]
        make = self.rng.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0]
        members = make(record, earlier, depth)
        if record.keyword == "union":
            members = [m for m in members if is_plain(m.type) and is_copy(m.type)]
        return [m for m in members if member_size_about(m) < records.MOST_BYTES / 2]

    def any_number(self):
        return BOOL if self.chance(0.08) else self.rng.choice(NUMBERS)

    def number(self, *_):
        return [Member(self.name(), self.any_number())]

    def wrapped(self, *_):
        number = self.rng.choice(NUMBERS)
        return [Member(self.name("w"), RustNumber(number.name, number.bits, rust=number.rust,
                                                  wrapper=self.rng.choice(WRAPPERS)))]

    def pointer(self, record, earlier, _):
        target = self.rng.choice([*earlier, record])
        dims = (self.rng.randint(2, 4),) if self.chance(0.2) else ()
        return [Member(self.name("p"), RustPointer(target.spelling, self.rng.choice(POINTERS)),
                       dims)]

    def shuffled_record(self, record, done):
        new = Record(record.keyword, record.tag)
        tail = [m for m in record.members if m.dims == (0,)]
        new.members = [self.shuffled_member(m, done) for m in record.members
                       if m not in tail and not m.padding]
        self.rng.shuffle(new.members)
        new.members = self.padded(new.members, 0.35 if record.keyword == "struct" else 0.1) + tail
        done[record.tag] = new
        return new

    def set_apart(self, records_):
        """Puts something in front of what begins where its record does: nothing else is there."""
        for record in records_:
            if record.keyword == "struct":
                record.members.insert(0, Member(self.name("pad"), NUMBERS[-1], padding=True))

    def shuffled_member(self, member, done):
        """An array may be longer in T: the compiled twin sees the rest as another member."""
        new = Member(member.name, self.shuffled_type(member.type, done), member.dims)
        new.dims_of_source = member.dims
        if member.dims and self.chance(0.4):
            new.dims = (member.dims[0] + self.rng.randint(1, 3), *member.dims[1:])
        return new

    def padding(self):
        dims = (self.rng.randint(1, 21),) if self.chance(0.5) else ()
        return Member(self.name("pad"), RustNumber("u8", 8) if dims else self.rng.choice(NUMBERS),
                      dims, padding=True)

    def source(self, records_):
        """The declarations in C."""
        return "".join(map(c_record, records_))


def c_record(record):
    lines = [f"struct {record.tag} {{"]
    for member in record.members:
        dims = "".join(f"[{dim}]" for dim in member.dims)
        type_ = (member.type.to + " *" if isinstance(member.type, Pointer) else
                 member.type.spelling if isinstance(member.type, Record) else member.type.name)
        lines.append(f"  {type_} {member.name}{dims};")
    return "\n".join([*lines, "};"]).replace("struct", record.keyword, 1) + "\n"


def rust_type(type_, dims):
    if isinstance(type_, RustPointer):
        text = type_.form.format(type_.to.split()[-1])
    else:
        text = type_.spelling() if isinstance(type_, RustNumber) else type_.tag
    for dim in reversed(dims):
        text = f"[{text}; {dim}]"
    return text


def rust_record(record):
    derived = "#[derive(Clone, Copy)]\n" if is_copy(record) else ""
    lines = [f"#[repr(C)]\n{derived}pub {record.keyword} {record.tag} {{"]
    for member in record.members:
        dims = getattr(member, "dims_of_source", member.dims)
        lines.append(f"    pub {member.name}: {rust_type(member.type, dims)},")
        if dims != member.dims and record.keyword == "struct":
            more = (member.dims[0] - dims[0], *dims[1:])
            lines.append(f"    pub {member.name}_more: {rust_type(member.type, more)},")
        elif dims != member.dims:  # A union is as large as its largest member.
            lines.append(f"    pub {member.name}_all: {rust_type(member.type, member.dims)},")
    return "\n".join([*lines, "}"]) + "\n"


# The functions.

class RustFunctions(Functions):
    """Makes functions for one layout: `u64 aN(p: *mut ROOT, i: u64)`."""

    def make(self, number, category):
        self.number, self.items, self.kernel = number, "", True
        body = getattr(self, category)()
        if body is None:
            return None
        lines = "".join(f"    {line}\n" for line in body)
        source = (f"{self.items}#[no_mangle]\npub unsafe extern \"C\" fn a{number}("
                  f"p: *mut {self.root.tag}, i: u64) -> u64 {{\n{lines}}}\n")
        return Function(number, category, source, self.kernel)

    # What the categories are made of.

    def item(self, text):
        self.items += text.replace("@", str(self.number)) + "\n"

    def variable_index(self, dim):
        shift = self.rng.choice(["i", "i", "(i >> 1)", "(i >> 3)"])
        return [f"({shift} & {mask(dim)}) as usize"]

    def reached(self, wanted, index=None, mutable=False):
        """Lines, the text in front of a place's path, and the place: one of the root, or of a
        record behind one of its pointers."""
        if self.chance(0.25):
            return self.behind(wanted, index, mutable)
        place = self.pick(wanted, index=index)
        return place and (*self.root_base(mutable), place)

    def root_base(self, mutable=False):
        return self.rng.choice([((), "(*p)."), ((), "(*p)."), (("let t = &mut *p;",), "t.")] + (
            [] if mutable else [(("let t = &*p;",), "t."), (("let t = &*p;",), "t.")]))

    def behind(self, wanted, index=None, mutable=False):
        forms = ["*mut {}"] if mutable else ["*mut {}", "*const {}"]
        pointer = self.pick(lambda q: q.is_pointer() and q.type.form in forms)
        place = pointer and self.pick(wanted, self.target(pointer), index)
        if not place:
            return None
        self.kernel = False
        at = f"(*p).{self.element(pointer)}"
        return *self.rng.choice([
            ((), f"(*{at})."), ((f"let q = {at};",), "(*q)."),
            ((f"let t = &{'mut ' if mutable else ''}*{at};",), "t.")]), place

    def target(self, pointer):
        return self.by_spelling[pointer.type.to]

    def plain(self, place):
        return place.is_scalar() and place.type.wrapper is None

    def integer(self, place):
        return self.plain(place) and place.type.kind != "bool"

    def read_of(self, base, place):
        return f"{place.type.value(base + place.path)} as u64"

    def integers(self, place):
        return place.is_array() and len(place.dims) == 1 and place.dims[0] > 0 and \
            place.type.kind != "bool"

    def records_(self, place):
        return place.is_record() and len(place.dims) == 1

    def single_record(self, place):
        return place.is_record() and not place.dims

    def on(self, wanted, action, index=None, mutable=False):
        found = self.reached(wanted, index, mutable)
        if not found:
            return None
        lines, base, place = found
        return [*lines, *action(base + place.path, place)]

    # The categories: members.

    def read(self):
        return self.on(self.plain, lambda x, _: [f"{x} as u64"])

    def wrapped(self):
        return self.on(lambda q: q.is_scalar() and q.type.wrapper,
                       lambda x, q: self.rng.choice([
                           [f"{q.type.value(x)} as u64"],
                           [f"let w = &{x};", f"{q.type.value('w')} as u64"]]))

    def write(self):
        return self.on(self.integer, lambda x, q: self.rng.choice([
            [f"{x} = i as {q.type.rust};", "0"], [f"{x} = 5;", f"{x} as u64"],
            [f"addr_of_mut!({x}).write(i as {q.type.rust});", "0"],
            [f"core::ptr::write_volatile(&mut {x}, i as {q.type.rust});", "0"],
            [f"let r = &mut {x};", f"*r = i as {q.type.rust};", "0"]]), mutable=True)

    def write_wrapped(self):
        text = {"newtype": "{x}.0 = i as {t};", "Cell": "{x}.set(i as {t});",
                "MaybeUninit": "{x} = MaybeUninit::new(i as {t});"}
        return self.on(lambda q: q.is_scalar() and q.type.wrapper, lambda x, q: [
            text[q.type.wrapper].format(x=x, t=q.type.rust), "0"], mutable=True)

    def update(self):
        return self.on(self.integer, lambda x, q: self.rng.choice([
            [f"{x} = {x}.wrapping_add(3);", "0"], [f"{x} ^= i as {q.type.rust};", f"{x} as u64"],
            [f"{x} |= 4;", "0"], [f"core::mem::replace(&mut {x}, 7) as u64"],
            [f"core::mem::take(&mut {x}) as u64"],
            [f"let r = &mut {x};", "*r = r.wrapping_mul(5);", "*r as u64"]]), mutable=True)

    def swap(self):
        a = self.pick(self.integer)
        b = a and self.pick(lambda q: self.integer(q) and q.type == a.type
                            and re.sub(r"\[\d+\]", "", q.path) != re.sub(r"\[\d+\]", "", a.path)
                            and "union" not in a.through | q.through)
        if not b:
            return None
        return self.rng.choice([
            [f"core::mem::swap(&mut (*p).{a.path}, &mut (*p).{b.path});", "0"],
            ["let t = &mut *p;", f"core::mem::swap(&mut t.{a.path}, &mut t.{b.path});", "0"],
            ["let t = &mut *p;", f"let old = t.{a.path};", f"t.{a.path} = t.{b.path};",
             f"t.{b.path} = old;", "0"],
            [f"(*p).{a.path} = (*p).{b.path};", "0"],
            [f"core::ptr::copy_nonoverlapping(addr_of!((*p).{a.path}), addr_of_mut!((*p).{b.path})"
             ", 1);", "0"],
            [f"core::ptr::swap(addr_of_mut!((*p).{a.path}), addr_of_mut!((*p).{b.path}));", "0"]])

    def borrow(self):
        return self.on(self.plain, lambda x, _: self.rng.choice([
            [f"let r = &{x};", "*r as u64"], [f"let r = &&{x};", "**r as u64"],
            [f"let r = Some(&{x});", "*r.unwrap_or(&Default::default()) as u64"],
            [f"(&{x}).clone() as u64"]]))

    def address_of(self):
        return self.on(self.plain, lambda x, q: [self.rng.choice([
            f"*addr_of!({x}) as u64", f"addr_of!({x}).read() as u64",
            f"core::ptr::read_volatile(&{x}) as u64", f"(&raw const {x}).read_unaligned() as u64",
            f"core::ptr::read_volatile(addr_of!({x})) as u64",
            f"*NonNull::from(&{x}).as_ref() as u64"])])

    def match_(self):
        return self.on(self.integer, lambda x, q: self.rng.choice([
            [f"match {x} {{", "    0 => 10,", "    1 | 2 => 20,", "    3..=60 => 30,",
             "    v => (v as u64).wrapping_mul(3),", "}"],
            [f"match &{x} {{", "    0..=9 => 10,", "    v if *v & 1 == 0 => *v as u64,",
             "    _ => 1,", "}"],
            [f"if let 0..=100 = {x} {{ i }} else {{ {x} as u64 }}"]]))

    def destructured(self):
        record = self.pick(self.single_record) if self.chance(0.5) else None
        tag = record.type.tag if record else self.root.tag
        type_ = record.type if record else self.root
        if type_.keyword == "union":
            return None
        members = [m for m in type_.members if isinstance(m.type, RustNumber) and not m.dims
                   and not m.type.wrapper and not m.padding]
        if not members:
            return None
        chosen = self.rng.sample(members, min(len(members), 2))
        at = f"&(*p).{record.path}" if record else "&*p"
        return [f"let {tag} {{ {', '.join(m.name for m in chosen)}, .. }} = {at};",
                " ^ ".join(f"(*{m.name} as u64)" for m in chosen)]

    def union(self):
        return self.on(lambda q: self.plain(q) and "union" in q.through,
                       lambda x, _: [f"{x} as u64"])

    def several(self):
        texts = []
        for _ in range(3):
            place = self.pick(self.plain)
            if not place:
                return None
            texts.append(f"((*p).{place.path} as u64)")
        return [f"{texts[0]}.wrapping_mul(7) ^ {texts[1]}.wrapping_add({texts[2]})"]

    def condition(self):
        a, b = self.pick(self.plain), self.pick(self.plain)
        if not b:
            return None
        return [f"if (*p).{a.path} as u64 & 1 == 1 && i & 1 == 0 {{ (*p).{b.path} as u64 }} "
                f"else {{ (*p).{a.path} as u64 }}"]

    # Arrays.

    def iterate(self):
        def loops(x, q):
            t = q.type.rust
            return ["let mut s = 0u64;", self.rng.choice([
                f"for x in {x}.iter() {{ s = s * 31 + *x as u64; }}",
                f"for x in &{x} {{ s = s * 31 + *x as u64; }}",
                f"let a = &{x}; for x in a.iter() {{ s = s * 31 + *x as u64; }}",
                f"let a = &{x}; for x in a {{ s = s * 31 + *x as u64; }}",
                f"let a: &[{t}] = &{x}; for x in a {{ s = s * 31 + *x as u64; }}",
                f"for (k, x) in {x}.iter().enumerate() {{ s += *x as u64 * (k as u64 + 1); }}",
                f"let a = &{x}; for (k, x) in a.iter().enumerate() {{ s += (*x as u64) << k; }}",
                f"let a = &{x}; for x in a.iter().rev() {{ s = s * 31 + *x as u64; }}",
                f"let a = &{x}; for x in a.iter().skip(1) {{ s = s * 31 + *x as u64; }}",
                f"let a = &{x}; for x in a.iter().take(2) {{ s = s * 31 + *x as u64; }}",
                f"let a = &{x}; for x in a.iter().step_by(2) {{ s = s * 31 + *x as u64; }}",
                f"for x in {x}.iter().copied().skip(1) {{ s = s * 31 + x as u64; }}",
                f"for x in {x} {{ s = s * 31 + x as u64; }}",
                f"for k in 0..{q.dims[0]} {{ s = s * 31 + {x}[k] as u64; }}",
                f"let mut k = 0; while k < {q.dims[0]} {{ s = s * 31 + {x}[k] as u64; k += 1; }}",
                f"let a = &{x}; for k in 0..a.len() {{ s = s * 31 + a[k] as u64; }}",
                f"s = {x}.iter().map(|n| *n as u64 & 0xff).sum();",
                f"let a = &{x}; s = a.iter().fold(i, |n, x| n.wrapping_mul(3) ^ *x as u64);",
                f"let a = &{x}; s = a.iter().map(|n| *n as u64).max().unwrap_or(0);",
                f"let a = &{x}; s = a.iter().position(|n| *n & 1 == 1).unwrap_or(99) as u64;",
                f"let a = &{x}; s = a.iter().any(|n| *n & 7 == 3) as u64;",
                f"let a = &{x}; s = a.iter().filter(|n| **n & 1 == 1).count() as u64;",
                f"let a = &{x}; s = a.last().map_or(0, |n| *n as u64);",
            ]), "s"]
        return self.on(self.integers, loops)

    def iterate_writing(self):
        return self.on(self.integers, lambda x, q: self.rng.choice([
            [f"for x in {x}.iter_mut() {{ *x ^= i as {q.type.rust}; }}", "0"],
            [f"let a = &mut {x};", "for x in a.iter_mut() { *x = x.wrapping_add(1); }", "0"],
            [f"let a = &mut {x};",
             f"for (k, x) in a.iter_mut().enumerate() {{ *x = k as {q.type.rust}; }}", "0"],
            [f"{x}.fill(i as {q.type.rust});", "0"], [f"{x} = [9; {q.dims[0]}];", "0"],
            [f"{x}.swap(0, 1);", "0"], [f"{x}.reverse();", "0"],
            [f"{x}[(i & {mask(q.dims[0])}) as usize] = 3;", "0"],
            [f"let a = &mut {x};", f"a[(i & {mask(q.dims[0])}) as usize] += 1;", "0"],
            ]), mutable=True)

    def zip(self):
        a, b = self.pick(self.integers), self.pick(self.integers)
        if not b:
            return None
        binding = self.chance(0.5)
        lines = [f"let (a, b) = (&(*p).{a.path}, &(*p).{b.path});"] if binding else []
        x, y = ("a", "b") if binding else (f"(*p).{a.path}", f"(*p).{b.path}")
        return [*lines, "let mut s = 0u64;", f"for (x, y) in {x}.iter().zip({y}.iter()) {{ "
                "s = s * 31 + (*x as u64 ^ (*y as u64) << 3); }", "s"]

    def slice(self):
        def slices(x, q):
            n = q.dims[0]
            low = self.rng.randrange(n)
            high = self.rng.randint(low, n)
            sum_ = "let mut s = 0u64; for x in a { s = s * 31 + *x as u64; } s"
            return self.rng.choice([
                [f"let a = &{x}[{low}..{high}];", sum_], [f"let a = &{x}[{low}..];", sum_],
                [f"let whole = &{x};", f"let a = &whole[{low}..{high}];", sum_],
                [f"let whole: &[{q.type.rust}] = &{x};", f"let a = &whole[..{high}];", sum_],
                [f"let whole = &{x};", f"whole.get({low}).map_or(0, |n| *n as u64)"],
                [f"let whole = &{x};",
                 "whole.get(i as usize & 15).copied().unwrap_or_default() as u64"],
                [f"let whole = &{x};", f"match whole.get({low}..{high}) {{",
                 "    Some([first, .., last]) => *first as u64 ^ (*last as u64) << 1,",
                 "    _ => 0,", "}"],
                [f"let [first, .., last] = &{x};", "(*first as u64).wrapping_sub(*last as u64)"],
                [f"let [first, rest @ ..] = &{x};", "let a = rest;", sum_],
                [f"let whole = &{x};", f"let (a, b) = whole.split_at({low});",
                 "a.len() as u64 + b.iter().map(|n| *n as u64).sum::<u64>()"],
                [f"let whole = &{x};",
                 "whole.chunks_exact(2).map(|c| c[0] as u64 ^ c[1] as u64).sum::<u64>()"],
                [f"let whole = &{x};",
                 "whole.windows(2).filter(|c| c[0] < c[1]).count() as u64"],
                [f"let whole = &{x};", "whole.first().map_or(0, |n| *n as u64)"]])
        return self.on(self.integers, slices)

    def slice_helper(self):
        inline = self.rng.choice(["", "#[inline(always)]\n", "#[inline(never)]\n"])
        def passed(x, q):
            t = q.type.rust
            self.item(f"{inline}unsafe fn h@(a: &[{t}]) -> u64 {{ let mut s = 0u64; "
                      "for x in a { s = s * 31 + *x as u64; } s }"
                      if self.chance(0.6) else
                      f"{inline}unsafe fn h@<const N: usize>(a: &[{t}; N]) -> u64 {{ "
                      "let mut s = N as u64; for x in a.iter() { s = s * 31 + *x as u64; } s }")
            return self.rng.choice([[f"h{self.number}(&{x})"],
                                    [f"let a = &{x};", f"h{self.number}(a)"]])
        return self.on(self.integers, passed)

    def compared(self):
        def compares(x, q):
            n, t = q.dims[0], q.type.rust
            return self.rng.choice([
                [f"({x} == [1; {n}]) as u64"],
                [f"let a = &{x};", f"(*a == [3 as {t}; {n}]) as u64"],
                [f"let q = p.add(1);", f"((*p).{q.path} == (*q).{q.path}) as u64"],
                [f"let copy = {x};", "copy[0] as u64 ^ copy[1] as u64"],
                [f"let copy = {x};", "let mut s = 0u64;",
                 "for x in copy { s = s * 31 + x as u64; }", "s"],
                [f"let mut copy = [0 as {t}; {n}];", f"copy.copy_from_slice(&{x});",
                 f"copy[{n - 1}] as u64 ^ copy[0] as u64"],
                [f"let mut copy = [0 as {t}; {n}];",
                 f"core::ptr::copy_nonoverlapping({x}.as_ptr(), copy.as_mut_ptr(), {n});",
                 f"copy[{n - 1}] as u64"]])
        found = self.pick(self.integers)
        return found and compares(f"(*p).{found.path}", found)

    def index_variable(self):
        place = self.pick(lambda q: self.integers(q) or q.is_array() and len(q.dims) == 2)
        if not place:
            return None
        lines, base = self.root_base()
        index = self.any_index if self.chance(0.3) else self.variable_index
        if self.chance(0.3):
            return [*lines, f"let a = &{base}{place.path};",
                    f"a{self.element(place, index)[len(place.path):]} as u64"]
        return [*lines, f"{base}{self.element(place, index)} as u64"]

    def index_constant(self):
        place = self.pick(lambda q: q.is_array() and q.dims[0] > 0)
        if not place:
            return None
        lines, base = self.root_base()
        return [*lines, f"{base}{self.element(place)} as u64"]

    def matrix(self):
        each = "for n in row { s = s * 31 + *n as u64; }"
        return self.on(lambda q: q.is_array() and len(q.dims) == 2, lambda x, q: [
            "let mut s = 0u64;", *self.rng.choice([
                [f"for row in {x}.iter() {{ {each} }}"],
                [f"let a = &{x};", f"for row in a {{ {each} }}"],
                [f"let row = &{x}[(i & 1) as usize];", each],
                [f"for k in 0..{q.dims[0]} {{ s = s * 31 + {x}[k][{q.dims[1] - 1}] as u64; }}"],
                [f"let row = {x}[1];", "s = row[0] as u64 ^ row[1] as u64;"]]), "s"])

    def tail(self):
        self.kernel = False  # Not within the record.
        return self.on(lambda q: q.dims == (0,), lambda x, _: self.rng.choice([
            [f"*{x}.as_ptr().add(2) as u64"], [f"*{x}.as_ptr().add((i & 3) as usize) as u64"],
            [f"let tail = {x}.as_ptr();", "*tail as u64 ^ *tail.add(1) as u64"],
            [f"let tail = addr_of!({x}).cast();", f"let first: *const {_.type.rust} = tail;",
             "*first.add(1) as u64"],
            [f"let a = core::slice::from_raw_parts({x}.as_ptr(), 3);",
             "a.iter().map(|n| *n as u64).sum::<u64>()"]]))

    # Records inside.

    def nested_borrow(self):
        record = self.pick(self.single_record)
        place = record and self.pick(self.plain, record.type)
        if not place:
            return None
        lines, base = self.root_base()
        return [*lines, self.rng.choice([f"let r = &{base}{record.path};",
                                         f"let r = &mut *addr_of_mut!((*p).{record.path});",
                                         f"let r: *const {record.type.tag} = &{base}{record.path};",
                                         f"let r = addr_of!({base}{record.path});"]),
                f"(*r).{place.path} as u64"]

    def iterate_records(self):
        record = self.pick(self.records_)
        place = record and self.pick(self.plain, record.type)
        if not place:
            return None
        lines, base = self.root_base()
        x, y, n = base + record.path, place.path, record.dims[0]
        return [*lines, "let mut s = 0u64;", self.rng.choice([
            f"for r in {x}.iter() {{ s = s * 31 + r.{y} as u64; }}",
            f"for r in &{x} {{ s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; for r in a.iter() {{ s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; for r in a {{ s = s * 31 + r.{y} as u64; }}",
            f"let a: &[{record.type.tag}] = &{x}; for r in a {{ s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; for (k, r) in a.iter().enumerate() {{ s += (r.{y} as u64) << k; }}",
            f"let a = &{x}; for r in a.iter().rev() {{ s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; for r in a.iter().skip(1) {{ s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; for r in &a[1..] {{ s = s * 31 + r.{y} as u64; }}",
            f"for k in 0..{n} {{ s = s * 31 + {x}[k].{y} as u64; }}",
            f"let a = &{x}; for k in 0..{n} {{ let r = &a[k]; s = s * 31 + r.{y} as u64; }}",
            f"let a = &{x}; s = a.iter().map(|r| r.{y} as u64).fold(i, |n, m| n * 31 + m);",
            f"let a = &{x}; s = a.last().map_or(0, |r| r.{y} as u64);",
            f"let a = &{x}; "
            f"s = a.iter().find(|r| r.{y} as u64 & 1 == 1).map_or(5, |r| r.{y} as u64);",
            f"let a = &{x}; for (r, q) in a.iter().zip(a.iter().skip(1)) {{ "
            f"s = s * 31 + (r.{y} as u64 ^ (q.{y} as u64) << 1); }}",
            f"let [first, .., last] = &{x}; s = first.{y} as u64 ^ (last.{y} as u64) << 1;",
            f"s = {x}[(i & {mask(n)}) as usize].{y} as u64;",
            f"let r = &{x}[(i & {mask(n)}) as usize]; s = r.{y} as u64;",
            f"let a = &{x}; if let Some(r) = a.get((i & 7) as usize) {{ s = r.{y} as u64; }}",
            f"let q = {x}.as_ptr(); s = (*q.add((i & {mask(n)}) as usize)).{y} as u64;",
            f"let q = addr_of!({x}[0]); s = (*q.add(1)).{y} as u64;",
            f"let q = addr_of!({x}[1]); s = (*q.sub(1)).{y} as u64;",
        ]), "s"]

    def write_records(self):
        record = self.pick(self.records_)
        place = record and self.pick(self.integer, record.type)
        if not place:
            return None
        x, y, n, t = f"(*p).{record.path}", place.path, record.dims[0], place.type.rust
        return [self.rng.choice([
            f"for r in {x}.iter_mut() {{ r.{y} = i as {t}; }}",
            f"let a = &mut {x}; for r in a {{ r.{y} ^= 1; }}",
            f"{x}[(i & {mask(n)}) as usize].{y} = i as {t};",
            f"let r = &mut {x}[(i & {mask(n)}) as usize]; r.{y} = i as {t};",
            f"let a = &mut {x}; let (b, c) = a.split_at_mut(1); core::mem::swap(&mut b[0].{y}, "
            f"&mut c[0].{y});",
            f"if let Some(r) = (&mut {x}).get_mut(1) {{ r.{y} = 4; }}"]), "0"]

    # Functions.

    def method(self):
        record = self.pick(self.single_record) if self.chance(0.4) else None
        type_, at = (record.type, f"(*p).{record.path}") if record else (self.root, "(*p)")
        place = self.pick(self.plain, type_)
        if not place:
            return None
        n, x, tag, t = self.number, place.path, type_.tag, place.type.rust
        inline = self.rng.choice(["", "#[inline(always)] ", "#[inline(never)] "])
        item, call = self.rng.choice([
            (f"impl {tag} {{ {inline}unsafe fn m@(&self) -> u64 {{ self.{x} as u64 }} }}",
             f"{at}.m{n}()"),
            (f"impl {tag} {{ {inline}unsafe fn m@(&self) -> &{t} {{ &self.{x} }} }}",
             f"*{at}.m{n}() as u64"),
            (f"impl {tag} {{ {inline}unsafe fn m@(&mut self, v: u64) {{ self.{x} = v != 0; }} }}"
             if t == "bool" else
             f"impl {tag} {{ {inline}unsafe fn m@(&mut self, v: u64) {{ self.{x} = v as {t}; }} }}",
             f"{{ {at}.m{n}(i); 1 }}"),
            (f"impl {tag} {{ {inline}unsafe fn m@(this: *const Self) -> u64 {{ "
             f"(*this).{x} as u64 }} }}",
             f"{tag}::m{n}(&{at})"),
            (f"trait G@ {{ unsafe fn m@(&self) -> u64; }}\nimpl G@ for {tag} {{ "
             f"{inline}unsafe fn m@(&self) -> u64 {{ self.{x} as u64 }} }}\n"
             f"unsafe fn h@<T: G@>(t: &T) -> u64 {{ t.m@() }}", f"h{n}(&{at})"),
            (f"unsafe fn h@<F: Fn(&{tag}) -> u64>(t: &{tag}, f: F) -> u64 {{ f(t) }}",
             f"h{n}(&{at}, |t| t.{x} as u64)")])
        self.item(item)
        return [call]

    def generic(self):
        inline = self.rng.choice(["", "#[inline(always)]\n", "#[inline(never)]\n"])
        def calls(x, q):
            item, call = self.rng.choice([
                ("unsafe fn g@<T: Copy>(x: &T) -> T { *x }", "g@(&{}) as u64"),
                ("unsafe fn g@<T: Copy>(x: *const T) -> T { x.read_volatile() }",
                 "g@(addr_of!({})) as u64"),
                ("unsafe fn g@<T: Copy + PartialEq>(x: &T, y: T) -> bool { *x == y }",
                 "g@(&{}, Default::default()) as u64"),
                ("unsafe fn g@<T: Copy>(x: T) -> (T, u64) { (x, 1) }", "g@({}).0 as u64"),
                ("unsafe fn g@<T: Copy, R>(x: &T, f: impl Fn(T) -> R) -> R { f(*x) }",
                 "g@(&{}, |n| n as u64 ^ i)")])
            self.item(inline + item)
            return [call.replace("@", str(self.number)).format(x)]
        return self.on(self.plain, calls)

    def closure(self):
        n = self.number
        inline = self.rng.choice(["", "#[inline(always)]\n", "#[inline(never)]\n"])
        self.item(f"{inline}unsafe fn h@<F: FnMut(u64) -> u64>(mut f: F) -> u64 "
                  "{ f(1) ^ f(2) << 1 }")
        return self.on(self.plain, lambda x, q: self.rng.choice([
            [f"let f = || {x} as u64;", "f()"],
            [f"let f = move |n: u64| ({x} as u64).wrapping_add(n);", "f(i)"],
            [f"let r = &{x};", "let f = || *r as u64;", "f()"],
            [f"let r = &{x};", "let f = move || *r as u64;", "f()"],
            [f"h{n}(|n| {x} as u64 ^ n)"], [f"h{n}(move |n| {x} as u64 ^ n)"],
            [f"let r = &{x};", f"h{n}(|n| *r as u64 ^ n)"],
            [f"let v = {x};", f"h{n}(|n| v as u64 ^ n)"],
            ["let mut sum = 0u64;", f"(0..3).for_each(|k| sum = sum * 3 + {x} as u64 + k);",
             "sum"],
            [f"(0..4u64).map(|k| {x} as u64 ^ k).sum::<u64>()"]]))

    def closure_writing(self):
        return self.on(self.integer, lambda x, q: self.rng.choice([
            [f"let mut f = |n: u64| {x} = n as {q.type.rust};", "f(i);", "0"],
            [f"let r = &mut {x};", f"let mut f = || *r = r.wrapping_add(1);", "f();", "f();", "0"],
            [f"(1..4u64).for_each(|k| {x} = {x}.wrapping_mul(3) ^ k as {q.type.rust});", "0"]]),
            mutable=True)

    def helper(self):
        inline = self.rng.choice(["", "#[inline(always)]\n", "#[inline(never)]\n"])
        place = self.pick(self.plain)
        record = self.pick(self.single_record)
        inner = record and self.pick(self.plain, record.type)
        root = self.root.tag
        choices = [(f"unsafe fn h@(t: *const {root}, n: u64) -> u64 {{ "
                    f"(*t).{place.path} as u64 ^ n }}", "h@(p, i)"),
                   (f"unsafe fn h@(t: &{root}) -> Option<u64> {{ if t.{place.path} as u64 & 1 == 1 "
                    f"{{ return None; }} Some(t.{place.path} as u64) }}", "h@(&*p).unwrap_or(i)")]
        if inner:
            choices += [
                (f"unsafe fn h@(r: &{record.type.tag}) -> u64 {{ r.{inner.path} as u64 }}",
                 f"h@(&(*p).{record.path})"),
                (f"unsafe fn h@(t: &{root}) -> &{record.type.tag} {{ &t.{record.path} }}",
                 f"h@(&*p).{inner.path} as u64"),
                (f"unsafe fn h@(t: *const {root}) -> *const {record.type.tag} "
                 f"{{ addr_of!((*t).{record.path}) }}", f"(*h@(p)).{inner.path} as u64")]
        item, call = self.rng.choice(choices)
        self.item(inline + item)
        return [call.replace("@", str(self.number))]

    # Pointers.

    def arithmetic(self):
        place = self.pick(self.plain)
        array = self.pick(self.integers)
        if not array:
            return None
        x, n = place.path, array.dims[0]
        first = f"(*p).{array.path}"
        return self.rng.choice([
            [f"(*p.add(1)).{x} as u64"], [f"(*p.add((i & 3) as usize)).{x} as u64"],
            [f"(*p.offset((i & 1) as isize)).{x} as u64"],
            [f"let q = p.add(2);", f"(*q.sub(1)).{x} as u64"],
            [f"let q = p.wrapping_add(3);", f"(*q).{x} as u64"],
            [f"let a = core::slice::from_raw_parts(p as *const {self.root.tag}, 3);",
             f"let mut s = 0u64;", f"for t in a {{ s = s * 31 + t.{x} as u64; }}", "s"],
            [f"let mut s = 0u64;", "let mut q = p;", "for _ in 0..4 {",
             f"    s = s * 31 + (*q).{x} as u64;", "    q = q.add(1);", "}", "s"],
            [f"*{first}.as_ptr().add(1) as u64"],
            [f"*{first}.as_ptr().add((i & {mask(n)}) as usize) as u64"],
            [f"*addr_of!({first}[0]).add({n - 1}) as u64"],
            [f"let q = &{first} as *const {array.type.rust};", f"*q.add({n - 1}) as u64"],
            [f"let q = addr_of!({first}).cast::<{array.type.rust}>();", f"*q.add({n - 1}) as u64"],
            [f"let mut q = {first}.as_mut_ptr();", "*q = 1;", "q = q.add(1);", "*q = 2;", "0"]])

    def some_pointer(self, optional, target=None):
        self.kernel = False
        return self.pick(lambda q: q.is_pointer() and q.type.is_optional() == optional and
                         (not target or q.type.to == target))

    def reference(self, optional=True):
        """An Option of a reference out of a pointer, and the record that it is one to."""
        pointer = self.some_pointer(self.chance(0.7))
        if not pointer:
            return None, None
        at = f"(*p).{self.element(pointer)}"
        if not pointer.type.is_optional():
            return f"{at}.as_ref()", self.target(pointer)
        if "NonNull" in pointer.type.form:
            return f"{at}.map(|n| n.as_ref())", self.target(pointer)
        return at, self.target(pointer)

    def option(self):
        at, target = self.reference()
        place = at and self.pick(self.plain, target)
        if not place:
            return None
        x = place.path
        return self.rng.choice([
            [f"match {at} {{", f"    Some(r) => r.{x} as u64,", "    None => 7,", "}"],
            [f"{at}.map_or(7, |r| r.{x} as u64)"], [f"let Some(r) = {at} else {{ return 7 }};",
                                                   f"r.{x} as u64"],
            [f"if let Some(r) = {at} {{ r.{x} as u64 }} else {{ i }}"],
            [f"{at}.map(|r| r.{x} as u64).unwrap_or(i)"],
            [f"{at}.filter(|r| r.{x} as u64 & 1 == 0).is_some() as u64"],
            [f"{at}.is_none() as u64"],
            [f"let r = {at};", f"r.map(|r| &r.{x}).copied().unwrap_or_default() as u64"]])

    def question(self):
        """A chain of `?`, as far as it goes."""
        record, text = self.root, "t"
        self.kernel = False
        for _ in range(self.rng.randint(1, 3)):
            pointer = self.pick(lambda q: q.is_pointer(), record)
            if not pointer:
                break
            text += "." + self.element(pointer)
            if not pointer.type.is_optional():
                text += ".as_ref()?"
            else:
                text += "?.as_ref()" if "NonNull" in pointer.type.form else "?"
            record = self.target(pointer)
        place = self.pick(self.plain, record)
        if text == "t" or not place:
            return None
        if self.chance(0.5):
            self.item(f"unsafe fn h@(t: &{self.root.tag}) -> Option<u64> "
                      f"{{ Some({text}.{place.path} as u64) }}")
            return [f"h{self.number}(&*p).unwrap_or(9)"]
        return ["let t = &*p;", f"let f = || Some({text}.{place.path} as u64);", "f().unwrap_or(9)"]

    def chase(self):
        found = self.behind(self.plain)
        if not found:
            return None
        lines, base, place = found
        return [*lines, f"{base}{place.path} as u64"]

    def pointer_array(self):
        self.kernel = False
        pointer = self.pick(lambda q: q.is_pointer() and q.dims)
        place = pointer and self.pick(self.plain, self.target(pointer))
        if not place:
            return None
        x, y = f"(*p).{pointer.path}", place.path
        if pointer.type.is_optional():
            body = (f"if let Some(r) = q {{ s = s * 31 + r.as_ref().{y} as u64; }}"
                    if "NonNull" in pointer.type.form
                    else f"if let Some(r) = q {{ s = s * 31 + r.{y} as u64; }}")
        else:
            body = f"s = s * 31 + (**q).{y} as u64;"
        return ["let mut s = 0u64;", self.rng.choice([
            f"for q in {x}.iter() {{ {body} }}", f"for q in &{x} {{ {body} }}",
            f"let a = &{x}; for q in a {{ {body} }}",
            f"let a = &{x}; for q in a.iter().rev() {{ {body} }}",
            f"for k in 0..{pointer.dims[0]} {{ let q = &{x}[k]; {body} }}",
            f"let q = &{x}[(i & {mask(pointer.dims[0])}) as usize]; {body}"]), "s"]

    def wrapper(self):
        place = self.pick(self.plain)
        x, root, n = place.path, self.root.tag, self.number
        inline = self.rng.choice(["", "#[inline(always)] ", "#[inline(never)] "])
        self.item(f"struct W@ {{ n: u64, t: *const {root} }}\n"
                  f"struct V@<'a>(&'a {root});\n"
                  f"impl W@ {{ {inline}unsafe fn m@(&self) -> u64 {{ "
                  f"(*self.t).{x} as u64 ^ self.n }} }}\n"
                  f"impl<'a> V@<'a> {{ {inline}unsafe fn m@(self) -> u64 {{ "
                  f"self.0.{x} as u64 }} }}\n"
                  f"impl core::ops::Deref for V@<'_> {{ type Target = {root}; "
                  f"fn deref(&self) -> &{root} {{ self.0 }} }}\n"
                  f"{inline}unsafe fn h@(w: (u64, &{root})) -> u64 {{ w.1.{x} as u64 ^ w.0 }}")
        return self.rng.choice([
            [f"let w = W{n} {{ n: i, t: p }};", f"w.m{n}()"],
            [f"let w = W{n} {{ n: i, t: p }};", f"(*w.t).{x} as u64 ^ w.n"],
            [f"let w = W{n} {{ n: i, t: p }};", "let r = &w;", f"(*r.t).{x} as u64 ^ r.n"],
            [f"V{n}(&*p).m{n}()"], [f"let v = V{n}(&*p);", f"v.0.{x} as u64"],
            [f"let v = V{n}(&*p);", f"v.{x} as u64"],
            [f"h{n}((i, &*p))"], ["let w = (i, p);", f"(*w.1).{x} as u64 ^ w.0"],
            ["let w = [p, p.add(1)];", f"(*w[1]).{x} as u64 ^ (*w[0]).{x} as u64"],
            ["let w = ((1u8, p), i);", "let ((_, q), _) = w;", f"(*q).{x} as u64"],
            [f"let w = Some(W{n} {{ n: i, t: p }});", f"w.map_or(0, |w| (*w.t).{x} as u64)"]])

    def payload(self):
        at, target = self.reference()
        there = at and self.pick(self.plain, target)
        if not there:
            return None
        place, n = self.pick(self.plain), self.number
        self.item(f"enum E@<'a> {{ A(&'a {self.root.tag}), B(Option<&'a {target.tag}>), C(u64), D "
                  "}" if self.chance(0.6) else
                  f"enum E@<'a> {{ A(&'a {self.root.tag}), B(Option<&'a {target.tag}>), C(u64), "
                  "D, F { x: u8, y: u64 } }")
        made = (f"let e = match i & 3 {{ 0 => E{n}::A(&*p), 1 => E{n}::B({at}), 2 => E{n}::C(i), "
                f"_ => E{n}::D }};")
        by, star = self.rng.choice([("e", ""), ("&e", "*")])
        return [made, f"match {by} {{", f"    E{n}::A(t) => t.{place.path} as u64,",
                f"    E{n}::B(Some(r)) => r.{there.path} as u64,",
                f"    E{n}::C(v) => {star}v,", "    _ => 3,", "}"]

    def result(self):
        place, other = self.pick(self.plain), self.pick(self.plain)
        self.item(f"unsafe fn h@(t: &{self.root.tag}, i: u64) -> Result<&{self.root.tag}, u64> {{ "
                  f"if i & 1 == 0 {{ Ok(t) }} else {{ Err(t.{other.path} as u64) }} }}")
        call = f"h{self.number}(&*p, i)"
        return self.rng.choice([
            [f"match {call} {{ Ok(t) => t.{place.path} as u64, Err(n) => n }}"],
            [f"{call}.map_or_else(|n| n, |t| t.{place.path} as u64)"],
            [f"{call}.map(|t| t.{place.path} as u64).unwrap_or_else(|n| n ^ 1)"]])

    def temporary(self):
        """One of two records, or of two members, as it comes."""
        record = self.pick(self.records_)
        place = record and self.pick(self.plain, record.type)
        a = self.pick(self.integer)
        b = a and self.pick(lambda q: self.integer(q) and q.type == a.type)
        choices = []
        root = self.pick(self.plain).path
        choices += [[f"let q = if i & 1 == 0 {{ p }} else {{ p.add(1) }};", f"(*q).{root} as u64"],
                    [f"let q = if i & 1 == 0 {{ &*p }} else {{ &*p.add(2) }};", f"q.{root} as u64"]]
        if place:
            x, y = f"(*p).{record.path}", place.path
            choices += [
                [f"let r = if i & 1 == 0 {{ &{x}[0] }} else {{ &{x}[1] }};", f"r.{y} as u64"],
                [f"(if i & 1 == 0 {{ &{x}[0] }} else {{ &{x}[1] }}).{y} as u64"],
                [f"let a = &{x};", f"a.get((i & 7) as usize).unwrap_or(&a[0]).{y} as u64"],
                [f"let r = match i & 3 {{ 0 => &{x}[1], 1 => &(*p.add(1)).{record.path}[0], "
                 f"_ => &{x}[0] }};", f"r.{y} as u64"]]
        if b:
            choices += [
                [f"let r = if i & 1 == 0 {{ &(*p).{a.path} }} else {{ &(*p).{b.path} }};",
                 "*r as u64"],
                [f"*(if i & 1 == 0 {{ &mut (*p).{a.path} }} else {{ &mut (*p).{b.path} }}) = 3;",
                 "0"],
                [f"let own = i as {a.type.rust};",
                 f"let r = if i & 1 == 0 {{ &own }} else {{ &(*p).{b.path} }};", "*r as u64"]]
        return self.rng.choice(choices)

    def temporary_option(self):
        at, target = self.reference()
        place = at and self.pick(self.plain, target)
        nested = at and self.pick(lambda q: self.single_record(q) and q.type.tag == target.tag)
        if not place:
            return None
        other = "&*p" if target is self.root else f"&(*p).{nested.path}" if nested else None
        if not other:
            return None
        return self.rng.choice([
            [f"{at}.unwrap_or({other}).{place.path} as u64"],
            [f"let r = {at}.unwrap_or({other});", f"r.{place.path} as u64"],
            [f"let r = match {at} {{ Some(r) if i & 1 == 0 => r, _ => {other} }};",
             f"r.{place.path} as u64"],
            [f"let r = {at}.or(Some({other}));", f"r.map_or(1, |r| r.{place.path} as u64)"]])

    def list(self):
        place = self.pick(self.plain)
        pointer = self.pick(lambda q: q.is_pointer() and not q.dims
                            and q.type.to == self.root.spelling)
        if not pointer:
            return None
        self.kernel = False
        x, y = place.path, pointer.path
        if not pointer.type.is_optional():
            return self.rng.choice([
                ["let mut s = 0u64;", f"let mut q = p as *const {self.root.tag};",
                 "for _ in 0..4 {", f"    s = s * 31 + (*q).{x} as u64;",
                 f"    q = (*q).{y} as *const {self.root.tag};", "}", "s"],
                ["let mut s = 0u64;", "let mut t = Some(&*p);", "let mut n = 0;",
                 "while let Some(q) = t {", "    if n == 5 { break; }", "    n += 1;",
                 f"    s = s * 31 + q.{x} as u64;", f"    t = q.{y}.as_ref();", "}", "s"],
                [f"core::iter::successors(Some(&*p), |q| q.{y}.as_ref()).take(3)"
                 f".map(|q| q.{x} as u64).fold(0, |s, n| s * 31 + n)"]])
        next_ = f"q.{y}.map(|n| n.as_ref())" if "NonNull" in pointer.type.form else f"q.{y}"
        return ["let mut s = 0u64;", "let mut t = Some(&*p);", "let mut n = 0;",
                "while let Some(q) = t {", "    if n == 5 { break; }", "    n += 1;",
                f"    s = s * 31 + q.{x} as u64;", f"    t = {next_};", "}", "s"]

    def write_pointer(self):
        pointer = self.pick(lambda q: q.is_pointer() and q.type.to == self.root.spelling)
        if not pointer:
            return None
        self.kernel = False
        value = {"*": "p.add(1)", "O": "Some(&*p.add(1))"}[pointer.type.form[0]]
        if "NonNull" in pointer.type.form:
            value = "NonNull::new(p.add(1))"
        at = f"(*p).{self.element(pointer)}"
        return self.rng.choice([[f"{at} = {value};", "0"],
                                [f"let old = core::mem::replace(&mut {at}, {value});", "0"],
                                *([[f"{at} = None;", "0"], [f"{at}.take().is_some() as u64"]]
                                  if pointer.type.is_optional() else
                                  [[f"({at} as *const {self.root.tag} == p as *const _) as u64"]])])

    def iterator(self):
        """An iterator of the author's own, along a list or over an array."""
        place = self.pick(self.plain)
        pointer = self.pick(lambda q: q.is_pointer() and not q.dims
                            and q.type.to == self.root.spelling and "NonNull" not in q.type.form)
        if not pointer:
            return None
        self.kernel = False
        root, n = self.root.tag, self.number
        next_ = f"t.{pointer.path}" + ("" if pointer.type.is_optional() else ".as_ref()")
        self.item(f"struct I@<'a> {{ t: Option<&'a {root}>, left: u64 }}\n"
                  f"impl<'a> Iterator for I@<'a> {{\n    type Item = &'a {root};\n"
                  f"    fn next(&mut self) -> Option<&'a {root}> {{\n"
                  "        if self.left == 0 { return None; }\n        self.left -= 1;\n"
                  f"        let t = self.t?;\n        self.t = unsafe {{ {next_} }};\n"
                  "        Some(t)\n    }\n}")
        made = f"(I{n} {{ t: Some(&*p), left: 3 }})"
        return self.rng.choice([
            ["let mut s = 0u64;", f"for t in {made} {{ s = s * 31 + t.{place.path} as u64; }}",
             "s"],
            [f"{made}.map(|t| t.{place.path} as u64).fold(0, |s, n| s * 31 + n)"],
            [f"{made}.last().map_or(0, |t| t.{place.path} as u64)"]])

    def holder(self):
        """A struct of the program's own that holds references to members."""
        a, b = self.pick(self.integer), self.pick(self.integers)
        if not a or not b:
            return None
        n = self.number
        self.item(f"#[derive(Clone, Copy)]\nstruct W@<'a> {{ n: u64, a: &'a {a.type.rust}, "
                  f"b: &'a [{b.type.rust}] }}\n"
                  "impl W@<'_> { fn m@(&self) -> u64 { let mut s = *self.a as u64 ^ self.n; "
                  "for x in self.b { s = s * 31 + *x as u64; } s } }\n"
                  f"unsafe fn h@<'a>(t: &'a {self.root.tag}, n: u64) -> W@<'a> {{ "
                  f"W@ {{ n, a: &t.{a.path}, b: &t.{b.path} }} }}")
        return self.rng.choice([
            [f"W{n} {{ n: i, a: &(*p).{a.path}, b: &(*p).{b.path} }}.m{n}()"],
            [f"let w = W{n} {{ n: i, a: &(*p).{a.path}, b: &(*p).{b.path} }};", "let v = w;",
             "*v.a as u64 ^ v.b[0] as u64"],
            [f"let w = h{n}(&*p, i);", f"w.m{n}()"], [f"*h{n}(&*p, i).a as u64"],
            [f"let (a, b) = (&(*p).{a.path}, &(*p).{b.path});", "*a as u64 ^ b[1] as u64"],
            [f"let w = [&(*p).{a.path}, &(*p.add(1)).{a.path}];",
             "*w[0] as u64 ^ (*w[1] as u64) << 1"],
            [f"let w = Some((&(*p).{a.path}, i));", "match w { Some((a, n)) => *a as u64 ^ n, "
             "None => 0 }"]])

    def arithmetic_of_numbers(self):
        a = self.pick(self.integer)
        b = a and self.pick(lambda q: self.integer(q) and q.type == a.type)
        if not b:
            return None
        x, y = f"(*p).{a.path}", f"(*p).{b.path}"
        return [self.rng.choice([
            f"{x}.max({y}) as u64", f"{x}.checked_add({y}).unwrap_or(3) as u64",
            f"{x}.count_ones() as u64", f"({x} < {y}) as u64",
            f"core::cmp::min(&{x}, &{y}).clone() as u64", f"{x}.saturating_sub({y}) as u64",
            f"matches!({x}, 0..=64) as u64", f"(3..90).contains(&{x}) as u64",
            f"{x}.cmp(&{y}) as i8 as u64", f"({x}, {y}).0 as u64 ^ ({x} != {y}) as u64",
            f"{x}.to_ne_bytes()[0] as u64", f"{x}.overflowing_add({y}).1 as u64"])]

    def copied_record(self):
        record = self.pick(self.single_record)
        place = record and is_copy(record.type) and self.pick(self.plain, record.type)
        if not place:
            return None
        x, tag, y = f"(*p).{record.path}", record.type.tag, place.path
        return self.rng.choice([
            [f"let r = {x};", f"r.{y} as u64"], [f"let r = addr_of!({x}).read();", f"r.{y} as u64"],
            [f"let mut r = MaybeUninit::<{tag}>::uninit();",
             f"core::ptr::copy_nonoverlapping(addr_of!({x}), r.as_mut_ptr(), 1);",
             f"r.assume_init().{y} as u64"],
            [f"let v = {x}.{y};", "v as u64"]])

    def optional_member(self):
        """References in a struct of the program's own, some of them None."""
        record = self.pick(self.single_record)
        place = record and self.pick(self.plain, record.type)
        if not place:
            return None
        n, tag, y = self.number, record.type.tag, place.path
        self.item(f"struct W@<'a> {{ n: u64, r: Option<&'a {tag}> }}\n"
                  f"unsafe fn h@<'a>(t: &'a {self.root.tag}, i: u64) -> Option<&'a {tag}> {{ "
                  f"if i & 1 == 0 {{ Some(&t.{record.path}) }} else {{ None }} }}")
        made = f"W{n} {{ n: i, r: h{n}(&*p, i) }}"
        return self.rng.choice([
            [f"let w = {made};", f"w.r.map_or(w.n, |r| r.{y} as u64)"],
            [f"let w = {made};", f"if let Some(r) = w.r {{ r.{y} as u64 }} else {{ 2 }}"],
            [f"let w = &{made};", f"match w.r {{ Some(r) => r.{y} as u64, None => w.n }}"],
            [f"h{n}(&*p, i).map(|r| r.{y} as u64).unwrap_or(4)"],
            [f"let Some(r) = h{n}(&*p, i) else {{ return 1 }};", f"r.{y} as u64"]])

    def cast(self):
        """Pointers that change their type and come back."""
        place = self.pick(self.plain)
        x, root = place.path, self.root.tag
        t = place.type.rust
        return self.rng.choice([
            ["let q = p.cast::<u8>();", f"let t = q.cast::<{root}>();", f"(*t).{x} as u64"],
            [f"let a = p as usize;", f"let t = a as *const {root};", f"(*t).{x} as u64"],
            [f"let q = addr_of!((*p).{x}).cast::<u8>();", f"let v = q.cast::<{t}>();", "*v as u64"],
            [f"let t = NonNull::new(p).unwrap_unchecked();", f"t.as_ref().{x} as u64"],
            [f"let t = NonNull::new_unchecked(p);", f"(*t.as_ptr()).{x} as u64"],
            [f"match NonNull::new(p) {{ Some(t) => (*t.as_ptr()).{x} as u64, None => 0 }}"],
            [f"p.as_ref().map_or(0, |t| t.{x} as u64)"],
            [f"let Some(t) = p.as_mut() else {{ return 0 }};", f"t.{x} as u64"],
            [f"let t: &'static {root} = core::mem::transmute(p);", f"t.{x} as u64"]])

WEIGHTS = {"read": 2, "wrapped": 2, "write": 3, "write_wrapped": 2, "update": 2, "swap": 3,
           "borrow": 2, "address_of": 3, "match_": 2, "destructured": 2, "union": 2, "several": 2,
           "condition": 2, "iterate": 6, "iterate_writing": 4, "zip": 2, "slice": 5,
           "slice_helper": 2, "compared": 4, "index_variable": 3, "index_constant": 2, "matrix": 3,
           "tail": 2, "nested_borrow": 2, "iterate_records": 6, "write_records": 3, "method": 4,
           "generic": 3, "closure": 4, "closure_writing": 2, "helper": 3, "arithmetic": 4,
           "option": 3, "question": 4, "chase": 3, "pointer_array": 3, "wrapper": 4, "payload": 3,
           "result": 2, "temporary": 4, "temporary_option": 3, "list": 4, "write_pointer": 2,
           "iterator": 3, "holder": 4, "arithmetic_of_numbers": 3, "copied_record": 1,
           "optional_member": 3, "cast": 2}


# Batches.

def make_batch(arguments, number, count):
    rng = random.Random(f"{arguments.seed} {number}")
    route = list(ROUTES)[number % len(ROUTES)]
    names, weights = list(arguments.categories), list(arguments.categories.values())
    numbers = iter(range(1, 1 << 30))
    made = []
    while len(made) < count:
        maker = RustLayouts(rng, f"s{len(made)}", bitfields=False)
        maker.shared_pointers = False
        s_records = maker.make(inherit=False)
        if arguments.apart:
            maker.set_apart(s_records)
        t_records = s_records if arguments.unshuffled else maker.shuffled(s_records)
        maker_of_functions = RustFunctions(rng, s_records, optimized=True)
        functions = []
        for _ in range(PER_LAYOUT * 20):
            if len(functions) == PER_LAYOUT:
                break
            function = maker_of_functions.make(next(numbers), rng.choices(names, weights)[0])
            if function:
                functions.append(function)
        if functions:
            made.append(Layout("".join(map(rust_record, s_records)), maker.source(t_records),
                               s_records, t_records, functions))
    folder = arguments.work / f"batch-{arguments.seed}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    return Batch(rng.getrandbits(48), 2, route, made, folder)


def rust_source(batch, of_target):
    """And for each line of it, the number of its function."""
    text = RUST_PRELUDE + ("" if of_target else PROGRAM_PRELUDE)
    text += "pub mod vmlinux {\nuse super::*;\n" + NEWTYPES
    for layout in batch.layouts:
        text += "".join(map(rust_record, layout.t_records if of_target else layout.s_records))
    text += "}\n"
    owners = [None] * text.count("\n")
    for layout in batch.layouts:
        root = layout.s_records[-1].tag
        for function in layout.functions:
            n = function.number
            source = function.source
            if not of_target:
                source += ("#[no_mangle]\n#[link_section = \"raw_tp\"]\n"
                           f"pub unsafe extern \"C\" fn p{n}(_: *const u64) -> u32 {{\n"
                           f"    result = a{n}(addr_of_mut!(memory) as *mut {root}, "
                           "addr_of!(argument).read_volatile());\n    0\n}\n")
            text += source
            owners += [n] * source.count("\n")
    return text, owners


def optional(source, layout):
    """Lets what may be None be so, in the second record of each place."""
    names = {member.name for record in layout.s_records for member in record.members
             if isinstance(member.type, RustPointer) and member.type.is_optional()}
    return re.sub(r"\.(p\d+)((?:\[\d+\])?) = ", lambda found: found[0] + (
        "k == 1 ? 0 : " if found[1] in names else ""), source)


def host_source(batch):
    text = PRELUDE + HOST_PRELUDE
    table = []
    for index, layout in enumerate(batch.layouts):
        text += layout.t_source + optional(places_source(index, layout.t_records), layout)
        for function in layout.functions:
            text += f"unsigned long a{function.number}(void *p, unsigned long i);\n"
            table.append(f"  {{a{function.number}, {function.number}, {index}, "
                         f"{int(function.kernel)}}},\n")
    entries = "".join(f"  {{pointers_{k}, bools_{k}}},\n" for k in range(len(batch.layouts)))
    return (f"{text}const struct layout_functions layouts[] = {{\n{entries}}};\n"
            f"const struct access_function functions[] = {{\n{''.join(table)}}};\n"
            f"const unsigned function_count = {len(table)};\n")


class Refused(Exception):
    """What of BPF a function cannot be: its stack, its panics, what it returns."""


class RustToolchain:
    def __init__(self, arguments):
        self.arguments = arguments
        self.runner = arguments.runner
        self.rustc = Path(arguments.toolchain, "bin", "rustc")
        if not self.rustc.is_file():
            support.skip(f"{self.rustc} is absent: --toolchain is no Rust toolchain for BPF")
        self.clang = support.tool(f"clang-{arguments.llvm}")

    def compile_program(self, batch):
        """The findings of `btfreloc emit`, and the owners of the source's lines."""
        folder = batch.folder
        text, owners = rust_source(batch, of_target=False)
        (folder / "s.rs").write_text(text)
        support.output(self.rustc, *RUSTC_FLAGS, "-g", "-Cno-prepopulate-passes",
                       *ROUTES[batch.route], "--emit=llvm-bc", "--out-dir", folder, folder / "s.rs")
        done = subprocess.run([self.arguments.btfreloc, "emit", "--llvm", self.arguments.llvm,
                               "--json", "--allow", "undefined,no-records", folder / "s.bc", "-o",
                               folder / "s.o"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        if done.returncode > 1 or not done.stdout:
            raise RuntimeError(f"emit {folder}: {done.stderr.decode(errors='replace')}")
        return read_findings(json.loads(done.stdout)["findings"], owners), owners

    def compile_host(self, batch):
        """rustc knows BPF only: its code for T becomes the host's, which lays out alike."""
        folder = batch.folder
        (folder / "t.rs").write_text(rust_source(batch, of_target=True)[0])
        support.output(self.rustc, *RUSTC_FLAGS, "--emit=llvm-ir", "--out-dir", folder,
                       folder / "t.rs")
        ir = (folder / "t.ll").read_text()
        ir = re.sub(r"^target .*\n", "", ir, flags=re.MULTILINE)
        ir = re.sub(r'"target-(cpu|features)"="[^"]*"', "", ir)
        (folder / "t.ll").write_text(ir)
        (folder / "host.c").write_text(host_source(batch))
        support.output(self.clang, "-O1", "-w", "-fPIC", "-shared", f"-I{HERE}", folder / "host.c",
                       folder / "t.ll", "-o", folder / "host.so")

    def build(self, batch):
        folder = batch.folder
        findings, owners = self.compile_program(batch)
        refused = {n for n, found in findings.items()
                   if any(level == "error" for level, _ in found)}
        if refused:
            raise Refused({n: findings[n] for n in refused})
        remarks = {n: [text for _, text in found] for n, found in findings.items()}
        self.compile_host(batch)
        (folder / "t.c").write_text(target_source(batch))
        support.output(self.clang, "--target=bpf", "-g", "-w", "-c", folder / "t.c", "-o",
                       folder / "t.o")
        done = subprocess.run([self.arguments.btfreloc, "relocate", folder / "s.o", "-k",
                               folder / "t.o", "-o", folder / "patched.o", "--force", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode > 1 and b"no CO-RE relocations" in done.stderr:
            shutil.copy(folder / "s.o", folder / "patched.o")
            return {"relocations": []}, owners, remarks
        if done.returncode > 1:
            raise RuntimeError(f"relocate {folder}/s.o: {done.stderr.decode(errors='replace')}")
        return json.loads(done.stdout), owners, remarks

    run = Toolchain.run


def read_findings(findings, owners):
    """The messages about each function; None for those about no function."""
    remarks = collections.defaultdict(list)
    for finding in findings:
        line = finding["line"] if finding["file"] and finding["file"].endswith("s.rs") else 0
        number = owners[line - 1] if 0 < line <= len(owners) else None
        named = re.search(r"[amghp](\d+)\b", " ".join(finding["notes"]))
        if number is None and named:
            number = int(named[1])
        said = re.sub(r"\w*\d[\w.\[\]]*", "_", finding["message"])
        remarks[number].append((finding["level"], said if finding["code"] == "not-relocated"
                                else f"({finding['code']}) {said}"))
    return remarks


# The test.

class Test(layouts.Test):
    def __init__(self, arguments):
        self.arguments = arguments
        self.counts = layouts.Counts()
        self.toolchain = RustToolchain(arguments)
        self.broken = 0
        self.alone_right = 0

    def run_batch(self, number, count):
        return self.results_of(make_batch(self.arguments, number, count))

    def results_of(self, batch):
        try:
            report, owners, remarks = self.toolchain.build(batch)
            lines = self.toolchain.run(batch)
        except Refused as refused:
            return self.without_refused(batch, refused.args[0])
        except RuntimeError as error:
            if self.broken > layouts.MOST_BROKEN:
                raise
            halves = split(batch)
            if halves:
                return [result for half in halves for result in self.results_of(half)]
            self.broken += 1
            number = batch.layouts[0].functions[0].number
            failed = [str(number), "build", "wrong", str(error)]
            return [(batch, {"relocations": []}, {}, {}, [failed])]
        return [(batch, report, remarks, fatal_relocations(report, owners), lines)]

    def without_refused(self, batch, refused):
        left, results = [], []
        for layout in batch.layouts:
            kept = [f for f in layout.functions if f.number not in refused]
            for function in layout.functions:
                if function.number in refused:
                    reasons = [text for _, text in refused[function.number]]
                    alone = replace(batch, layouts=[replace(layout, functions=[function])])
                    results.append((alone, {"relocations": []}, {function.number: reasons}, {}, []))
            left.append(replace(layout, functions=kept))
        if not results:
            raise RuntimeError(f"emit {batch.folder} refused no function: {refused}")
        if any(layout.functions for layout in left):
            results += self.results_of(replace(batch, layouts=left))
        return results

    def judge(self, batch, report, remarks, fatal, lines):
        """The verifier may refuse what there was a warning about."""
        allowed = [line[0] for line in lines if line[2] == "refused" and int(line[0]) in remarks]
        self.counts.refused -= len(allowed)
        refused = {int(line[0]) for line in lines if line[2] == "refused"} - set(map(int, allowed))
        for function in (f for layout in batch.layouts for f in layout.functions):
            if function.number in refused and self.arguments.verbose:
                print(f"refused, {batch.folder.name}:\n{function.source}")
        batch.folder.mkdir(exist_ok=True)  # Parts of one batch share it.
        super().judge(batch, report, remarks, fatal,
                      [line for line in lines if line[2] != "refused" or line[0] not in allowed])

    def judge_function(self, batch, layout, function, remarks, fatal, wrong):
        """What is wrong is compiled once more by itself, where every finding is about it."""
        number = function.number
        if number in remarks or (number not in wrong and number not in fatal):
            return super().judge_function(batch, layout, function, remarks, fatal, wrong)
        folder = batch.folder.with_name(f"{batch.folder.name}-p{number}")
        folder.mkdir(exist_ok=True)
        alone = replace(batch, layouts=[replace(layout, functions=[function])], folder=folder)
        _, _, its_remarks, its_fatal, lines = self.results_of(alone)[0]
        its_wrong = {number: line for line in lines if line[-2] == "wrong"}
        if its_remarks:
            remarks = {number: sum(its_remarks.values(), [])}
        elif not its_wrong and not its_fatal:
            print(f"p{number} is right when compiled alone")
        return super().judge_function(alone, layout, function, remarks, its_fatal or fatal,
                                      its_wrong or wrong)


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="layouts, with their functions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="only this one, to look at what was wrong")
    parser.add_argument("--toolchain", required=True, help="see testdata/rust/toolchain.sh")
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--runner", required=True, help="run_layouts, compiled")
    parser.add_argument("--work", type=Path, required=True, help="a folder for the files")
    parser.add_argument("--llvm", default="19", help="the major version of rustc's LLVM")
    parser.add_argument("--only", help="categories, separated by commas")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=layouts.MOST_SHOWN, help="of what is wrong")
    parser.add_argument("--keep", action="store_true", help="all files")
    parser.add_argument("--apart", action="store_true", help="no member where its record begins")
    parser.add_argument("--unshuffled", action="store_true", help="layout T is layout S")
    parser.add_argument("--no-kernel", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    only = set(arguments.only.split(",")) if arguments.only else set(WEIGHTS)
    arguments.categories = {name: weight for name, weight in WEIGHTS.items() if name in only}
    arguments.work.mkdir(parents=True, exist_ok=True)
    return arguments


def main():
    layouts.LEAST_COMPARED, layouts.LEAST_LOADED = LEAST_COMPARED, LEAST_LOADED
    layouts.PER_BATCH = PER_BATCH
    arguments = parsed_arguments()
    start = time.monotonic()
    test = Test(arguments)
    try:
        test.run()
    except RuntimeError as error:
        print(f"failed: {error}")
        sys.exit(1)
    test.finish(time.monotonic() - start)


if __name__ == "__main__":
    main()
