#!/usr/bin/env python3
"""C headers of kernels: compilers take them, and lay every struct out as the BTF says.

What the BTF says is bpftool's word: sizes and offsets come from `bpftool -j btf dump`, and compilers
evaluate them (`layout`). Bitfields and the types of members cannot be asked for in C: an object with
a variable of each type is compiled with debug info, and its BTF is compared with the kernel's
(`types`).

Names that several types have are numbered by id, as lib/btf/header/names.h says.
"""

import argparse
import functools
import json
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import support

# Big endian, 4-byte pointers, packed and aligned structs, enums of one byte and of 64 bits.
SOME = ["s390x/6.12.107+deb13-s390x", "i386/6.1.0-50-686-pae"]
MODIFIERS = {"CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"}
COMPOSITES = {"STRUCT", "UNION"}
ENUMS = {"ENUM", "ENUM64"}
ANONYMOUS = "(anon)"
WORDS = {"STRUCT": "struct", "UNION": "union", "ENUM": "enum", "ENUM64": "enum"}


class Btf:
    """Types as bpftool prints them in JSON, with the names that a header has for them."""

    def __init__(self, dump, is_header=False):
        self.types = {0: {"kind": "VOID", "name": ""}} | {t["id"]: t for t in dump["types"]}
        self.names = {} if is_header else self.numbered()

    def numbered(self):
        """Which names a header has instead, by id."""
        names, taken = {}, defaultdict(int)
        for number, type_ in self.types.items():
            kind, name = type_["kind"], type_.get("name", "")
            if name in ("", ANONYMOUS) or kind not in COMPOSITES | ENUMS | {"TYPEDEF"}:
                continue
            space = "typedef" if kind == "TYPEDEF" else "tag"
            taken[space, name] += 1
            if taken[space, name] > 1:
                names[number] = f"{name}___{taken[space, name]}"
        return names

    def name(self, number):
        return self.names.get(number, self.types[number].get("name", ""))

    def is_anonymous(self, number):
        return self.name(number) in ("", ANONYMOUS)

    def behind(self, number, kinds):
        while self.types[number]["kind"] in kinds:
            number = self.types[number]["type_id"]
        return number

    def records(self):
        """Structs and unions that C has an expression for: (expression, type id)."""
        for number, type_ in self.types.items():
            if type_["kind"] in COMPOSITES and not self.is_anonymous(number):
                yield f"{WORDS[type_['kind']]} {self.name(number)}", number
            elif type_["kind"] == "TYPEDEF":
                to = self.behind(type_["type_id"], MODIFIERS)
                if self.types[to]["kind"] in COMPOSITES and self.is_anonymous(to):
                    yield self.name(number), to

    def members(self, number, path="", offset=0):
        """(path, bit offset, member) of all members, those of types without a name included."""
        for member in self.types[number]["members"]:
            at = offset + member["bits_offset"]
            inner, index = self.behind(member["type_id"], MODIFIERS), ""
            while self.types[inner]["kind"] == "ARRAY":
                inner, index = self.behind(self.types[inner]["type_id"], MODIFIERS), index + "[0]"
            has_name = member["name"] != ANONYMOUS
            if has_name:
                yield path + member["name"], at, member
            is_record = self.types[self.behind(inner, MODIFIERS | {"TYPEDEF"})]["kind"] in COMPOSITES
            if not has_name and is_record:
                yield from self.members(self.behind(inner, MODIFIERS | {"TYPEDEF"}), path, at)
            elif is_record and self.types[inner]["kind"] in COMPOSITES and self.is_anonymous(inner):
                yield from self.members(inner, f"{path}{member['name']}{index}.", at)


class Kernel:
    def __init__(self, packed, scratch):
        self.name = str(packed)
        self.path = scratch / "kernel.btf"
        self.path.write_bytes(support.read_xz(packed))
        text = support.output(support.tool("bpftool"), "-j", "btf", "dump", "file", self.path)
        self.btf = Btf(json.loads(text))
        self.is_big = self.path.read_bytes()[:2] == b"\xeb\x9f"
        sizes = {t["size"] for t in self.btf.types.values() if t.get("name") == "long int"}
        self.is_32 = 4 in sizes

    def compilers(self):
        clang = support.tool("clang-19", "clang")
        if self.is_32:
            return [[clang, "--target=i386"]]
        gcc = [] if self.is_big else [[support.tool("gcc"), "-Wno-attributes"]]
        return [[clang, "--target=bpfeb" if self.is_big else "--target=bpfel"]] + gcc


def compile_c(compiler, source, *arguments):
    done = subprocess.run([*map(str, compiler), "-Wall", "-Wextra", *map(str, arguments), str(source)],
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr.strip().splitlines() + ([] if done.returncode == 0 else ["failed"])


def assertions(btf):
    """C that does not compile unless every size and offset is right, and how many there are."""
    lines = ["#define S(type, size) _Static_assert(sizeof(type) == size, #type);",
             "#define O(type, member, offset) "
             "_Static_assert(__builtin_offsetof(type, member) == offset, #type \".\" #member);"]
    for expression, number in btf.records():
        lines.append(f"S({expression}, {btf.types[number]['size']})")
        for path, offset, member in btf.members(number):
            if not member.get("bitfield_size"):
                lines.append(f"O({expression}, {path}, {offset // 8})")
    return "\n".join(lines) + "\n", len(lines) - 2


def check_layout(comparison, kernel, header, scratch, _is_all):
    text, count = assertions(kernel.btf)
    source = scratch / "layout.c"
    source.write_text(f'#include "{header}"\n{text}')
    for compiler in kernel.compilers():
        said = compile_c(compiler, source, "-fsyntax-only")
        comparison.check([], said[:10], f"{kernel.name}, {compiler[0]}: {count} sizes and offsets")
    print(f"{kernel.name}: {count} sizes and offsets")


class Shapes:
    """Types as text, down to names: equal for the kernel's and for what a compiler made of them."""

    def __init__(self, btf):
        self.btf = btf
        self.type = functools.lru_cache(maxsize=None)(self.type)

    def integer(self, type_):
        if type_["name"] in ("double", "float"):
            return f"float{type_['size']}"
        is_signed = type_.get("encoding") == "SIGNED" and type_["size"] > 1  # of char: varies
        return f"{'bool' if type_.get('encoding') == 'BOOL' else 'i' if is_signed else 'u'}{type_['size']}"

    def type(self, number):
        type_ = self.btf.types[number]
        kind = type_["kind"]
        name = self.btf.name(number)
        if kind == "INT":
            return self.integer(type_)
        if kind == "FLOAT":
            return f"float{type_['size']}"
        if kind == "PTR":
            return self.type(type_["type_id"]) + "*"
        if kind == "ARRAY":
            return f"{self.type(type_['type_id'])}[{type_['nr_elems']}]"
        if kind in MODIFIERS:
            return self.qualified(number)
        if kind == "TYPEDEF":
            return name
        if kind == "FWD":
            return f"{type_['fwd_kind']} {name}"
        if kind == "FUNC_PROTO":
            params = ",".join(self.param(p["type_id"]) for p in type_["params"])
            # f(...) is f(void) to C.
            return f"{self.type(type_['ret_type_id'])}({'' if params == 'void' else params})"
        if kind in COMPOSITES:
            return self.body(number) if self.btf.is_anonymous(number) else f"{WORDS[kind]} {name}"
        if kind in ENUMS and type_["vlen"] == 0:
            return f"u{type_['size']}"  # only declared, which C has not
        if kind in ENUMS:
            return f"enum{type_['size']}" if self.btf.is_anonymous(number) else f"enum {name}"
        return "void"

    def param(self, number):
        """C has no arrays and functions as parameters, but pointers to them."""
        to = self.btf.behind(number, MODIFIERS)
        shape = self.type(self.btf.types[to]["type_id"]) + "*" \
            if self.btf.types[to]["kind"] == "ARRAY" else self.type(number)
        return re.sub(r"^enum(\d)$", r"u\1", shape)

    def qualified(self, number):
        words = set()
        while (type_ := self.btf.types[number])["kind"] in MODIFIERS:
            if type_["kind"] != "TYPE_TAG":
                words.add(type_["kind"].lower())
            number = type_["type_id"]
        # C qualifies the elements of an array, and no functions.
        is_array = self.btf.types[number]["kind"] in ("ARRAY", "FUNC_PROTO")
        return " ".join([self.type(number)] + ([] if is_array else sorted(words)))

    def contents(self, number):
        """What a member consists of: compilers have a va_list of their own, of another size."""
        behind = number
        while self.btf.types[behind]["kind"] in MODIFIERS | {"TYPEDEF"}:
            is_builtin = self.btf.name(behind) == "__builtin_va_list"
            behind = self.btf.types[behind]["type_id"]
            if is_builtin:
                return behind
        return number

    def body(self, number):
        members = []
        for m in self.btf.types[number]["members"]:
            inner = self.btf.behind(m["type_id"], MODIFIERS | {"TYPEDEF"})
            # C without extensions has the members of a struct with a name only without the name.
            is_inner = m["name"] == ANONYMOUS and self.btf.types[inner]["kind"] in COMPOSITES
            shape = self.body(inner) if is_inner else self.type(self.contents(m["type_id"]))
            if m["name"] != ANONYMOUS or is_inner:
                members.append(f"{m['name']}@{m['bits_offset']}:{m.get('bitfield_size', 0)} {shape}")
        kind = WORDS[self.btf.types[number]["kind"]]
        return f"{kind}({self.btf.types[number]['size']}){{{'; '.join(members)}}}"


def debug_info(kernel, source, scratch):
    """BTF of a compiled C file: clang's, or pahole's of its DWARF where clang makes none."""
    compiled, raw = scratch / "types.o", scratch / "types.btf"
    said = compile_c(kernel.compilers()[0], source, "-g", "-c", "-o", compiled)
    if said:
        raise RuntimeError("\n".join(said[:10]))
    if kernel.is_32:
        support.output(support.tool("pahole"), f"--btf_encode_detached={raw}", compiled)
    else:
        raw = compiled
    return Btf(json.loads(support.output(support.tool("bpftool"), "-j", "btf", "dump", "file", raw)),
               is_header=True)


def has_bitfields(btf, number):
    return any(member.get("bitfield_size") for _, _, member in btf.members(number))


def check_types(comparison, kernel, header, scratch, is_all):
    """Those with bitfields, and some of the others, unless all."""
    source = scratch / "types.c"
    records = {expression: number for expression, number in kernel.btf.records()
               if is_all or number % 20 == 0 or has_bitfields(kernel.btf, number)}
    variables = "\n".join(f"{expression} v{i};" for i, expression in enumerate(records))
    source.write_text(f'#include "{header}"\n{variables}\n')
    theirs = debug_info(kernel, source, scratch)
    found = dict(theirs.records())
    expected, compiled = Shapes(kernel.btf), Shapes(theirs)
    for expression, number in records.items():
        where = f"{kernel.name}: {expression}"
        if expression in found:
            comparison.check(expected.body(number), compiled.body(found[expression]), where)
        else:
            comparison.check(expression, None, where)
    print(f"{kernel.name}: {len(records)} structs and unions")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print-header", required=True, type=Path)
    parser.add_argument("--all", action="store_true", help="every kernel of the corpus")
    parser.add_argument("what", choices=["layout", "types"])
    arguments = parser.parse_args()

    kernels = support.corpus("kernels")
    chosen = sorted(kernels.glob("*/*.btf.xz")) if arguments.all \
        else [kernels / f"{name}.btf.xz" for name in SOME]
    comparison = support.Comparison(f"c_header.{arguments.what}")
    check = {"layout": check_layout, "types": check_types}[arguments.what]
    for packed in chosen:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            kernel = Kernel(packed, scratch)
            header = scratch / "vmlinux.h"
            header.write_bytes(support.output(arguments.print_header, "none", kernel.path))
            check(comparison, kernel, header, scratch, arguments.all)
    comparison.finish()


if __name__ == "__main__":
    main()
