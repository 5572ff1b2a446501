"""Random record layouts in C, and shuffles of them that keep every name and type.

A layout is a list of records, each of which may hold the ones before it; the last is the root. Its
shuffle has the same members in another order, padding between them, longer arrays, bitfields with
other neighbours, and members moved into and out of anonymous structs.
"""

import copy
from dataclasses import dataclass, field


@dataclass
class Number:
    """An integer, an enum or a _Bool."""
    name: str
    bits: int
    kind: str = "int"


@dataclass
class Pointer:
    to: str  # The spelling of a record.


@dataclass
class Member:
    name: str | None
    type: "Number | Pointer | Record"
    dims: tuple = ()
    width: int | None = None
    volatile: bool = False
    padding: bool = False


@dataclass
class Record:
    keyword: str
    tag: str | None = None      # None for a record that is defined where it is used.
    typedef: str | None = None
    unnamed: bool = False       # typedef struct { ... } name;
    annotated: bool = True
    packed: bool = False
    aligned: int = 0
    members: list = field(default_factory=list)

    @property
    def spelling(self):
        return self.typedef or f"{self.keyword} {self.tag}"


NUMBERS = [Number(name, bits) for bits, names in
           ((8, ("signed char", "u8", "s8")), (16, ("short", "u16", "s16")),
            (32, ("int", "unsigned", "u32", "s32")), (64, ("long", "u64", "s64")))
           for name in names]
BOOL = Number("_Bool", 8, "bool")
MOST_BYTES = 700  # Of a record, roughly.


def is_inline(type_):
    return isinstance(type_, Record) and type_.tag is None


def size_about(type_):
    """An upper bound of the size in bytes, near enough to keep records small."""
    if isinstance(type_, Number):
        return type_.bits // 8
    if isinstance(type_, Pointer):
        return 8
    sizes = [member_size_about(member) + 4 for member in type_.members] or [0]
    return (sum(sizes) if type_.keyword == "struct" else max(sizes)) + type_.aligned


def member_size_about(member):
    size = size_about(member.type)
    for dim in member.dims:
        size *= dim
    return size


def is_plain(type_):
    """Whether any bytes are a value of it: what may share its place with something else."""
    if isinstance(type_, Record):
        return all(is_plain(member.type) for member in type_.members)
    return isinstance(type_, Number) and type_.kind != "bool"


def shares_pointers(type_):
    """Whether a pointer has the same place as something else: its bytes differ in the kernel."""
    if not isinstance(type_, Record):
        return False
    if type_.keyword == "union" and any(isinstance(m.type, Pointer) for m in type_.members):
        return True
    return any(shares_pointers(member.type) for member in type_.members)


class Layouts:
    """Makes layouts. Everything of one comes from one random.Random."""

    def __init__(self, rng, prefix, bitfields=True):
        self.rng = rng
        self.prefix = prefix
        self.with_bitfields = bitfields
        self.names = 0
        self.shared_pointers = rng.random() < 0.25
        self.enum = Number(f"enum {prefix}_e", 32, "enum")
        self.small_enum = Number(f"{prefix}_small", 8, "enum")

    def chance(self, probability):
        return self.rng.random() < probability

    def name(self, letter="m"):
        self.names += 1
        return f"{letter}{self.names}"

    def make(self, inherit):
        """Annotates, when nested records inherit it, only the root and what pointers point to."""
        records = []
        count = self.rng.randint(2, 4)
        for index in range(count):
            root = index == count - 1
            records.append(self.record(index, root, records))
        if inherit:
            targets = {member.type.to for record in records for member in every_member(record)
                       if isinstance(member.type, Pointer)}
            for record in records[:-1]:
                self.annotate(record, record.spelling in targets)
        return records

    def annotate(self, record, annotated):
        record.annotated = annotated
        for member in every_member(record):
            if is_inline(member.type):
                member.type.annotated = annotated

    def record(self, index, root, earlier):
        record = Record("union" if self.chance(0.05 if root else 0.2) else "struct",
                        tag=f"{self.prefix}_r{index}")
        style = self.rng.random()
        if style < 0.3:
            record.typedef = record.tag + "_t"
            record.unnamed = style < 0.15
        record.packed = self.chance(0.08)
        record.aligned = self.rng.choice([8, 16, 32]) if self.chance(0.08) else 0
        self.fill(record, earlier, self.rng.randint(8, 16) if root else self.rng.randint(3, 8), 0)
        return record

    def fill(self, record, earlier, count, depth):
        outer = record
        while len(record.members) < count and size_about(outer) < MOST_BYTES:
            record.members += self.some_members(record, earlier, depth)

    def some_members(self, record, earlier, depth):
        union = record.keyword == "union"
        makers = [(30, self.number), (13, self.numbers), (9, self.pointer)]
        if self.with_bitfields:
            makers += [(16, self.bitfields)]
        if earlier:
            makers += [(14, self.nested), (10, self.nested_array)]
        if depth < 2:
            makers += [(12, self.inline)]
        make = self.rng.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0]
        members = make(record, earlier, depth)
        if union:
            members = [m for m in members if is_plain(m.type) or (
                isinstance(m.type, Pointer) and not m.dims and self.shared_pointers)]
        return [m for m in members if member_size_about(m) < MOST_BYTES / 2]

    def any_number(self):
        return self.rng.choices([self.rng.choice(NUMBERS), self.enum, self.small_enum, BOOL],
                                [85, 5, 3, 7])[0]

    def number(self, *_):
        return [Member(self.name(), self.any_number(), volatile=self.chance(0.05))]

    def numbers(self, *_):
        dims = [self.rng.randint(2, 9)]
        if self.chance(0.35):
            dims = [self.rng.randint(2, 4), self.rng.randint(2, 5)]
        return [Member(self.name(), self.any_number(), tuple(dims))]

    def bitfields(self, record, *_):
        members = []
        for _ in range(self.rng.randint(1, 6)):
            type_ = self.any_number()
            most = {"bool": 1, "enum": 3}.get(type_.kind, type_.bits)
            # In a packed record, a wide one may lie across more bytes than any load reads.
            width = self.rng.randint(1, min(most, 40) if record.packed else most)
            members.append(Member(self.name("b"), type_, width=width, volatile=self.chance(0.03)))
            if self.chance(0.15):
                members.append(self.bitfield_break())
        return members

    def bitfield_break(self):
        width = self.rng.choice([0, 0, 1, 3, 5])
        return Member(None, Number(self.rng.choice(["int", "unsigned char"]), 8), width=width,
                      padding=True)

    def pointer(self, record, earlier, _):
        targets = [r.spelling for r in earlier]
        if record.tag and not record.unnamed:
            targets.append(f"{record.keyword} {record.tag}")
        if not targets:
            return []
        dims = (self.rng.randint(2, 4),) if self.chance(0.2) else ()
        return [Member(self.name("p"), Pointer(self.rng.choice(targets)), dims)]

    def nested(self, _, earlier, __):
        return [Member(self.name(), self.rng.choice(earlier))]

    def nested_array(self, _, earlier, __):
        dims = (self.rng.randint(2, 5),) if self.chance(0.85) else (2, self.rng.randint(2, 3))
        return [Member(self.name(), self.rng.choice(earlier), dims)]

    def inline(self, record, earlier, depth):
        inner = Record("union" if self.chance(0.4) else "struct")
        self.fill(inner, earlier, self.rng.randint(2, 4), depth + 1)
        anonymous = self.chance(0.75)
        dims = (self.rng.randint(2, 3),) if not anonymous and self.chance(0.3) else ()
        return [Member(None if anonymous else self.name(), inner, dims)]

    def shuffled(self, records):
        """The target layout."""
        done = {}
        return [self.shuffled_record(record, done) for record in records]

    def shuffled_type(self, type_, done):
        if is_inline(type_):
            return self.shuffled_record(type_, done)
        return done[type_.tag] if isinstance(type_, Record) else type_

    def shuffled_record(self, record, done):
        new = copy.copy(record)
        if self.chance(0.1):
            new.packed = not record.packed
        if self.chance(0.1):
            new.aligned = 0 if record.aligned else self.rng.choice([8, 16, 64])
        new.members = [self.shuffled_member(member, done) for member in record.members
                       if not member.padding]
        if record.keyword == "struct":
            new.members = self.regrouped(self.dissolved(new.members))
        self.rng.shuffle(new.members)
        new.members = self.padded(new.members, 0.35 if record.keyword == "struct" else 0.1)
        done[record.tag] = new
        return new

    def shuffled_member(self, member, done):
        new = copy.copy(member)
        new.type = self.shuffled_type(member.type, done)
        if self.chance(0.4):
            new.dims = tuple(dim + self.rng.randint(0, 3) for dim in member.dims)
        return new

    def dissolved(self, members):
        """Moves members out of some of the anonymous structs and unions among them."""
        out = []
        for member in members:
            anonymous = member.name is None and is_inline(member.type)
            if anonymous and self.chance(0.5 if member.type.keyword == "struct" else 0.25):
                out += [m for m in member.type.members if not m.padding]
            else:
                out.append(member)
        return out

    def regrouped(self, members):
        """Moves some members into an anonymous struct or union."""
        self.rng.shuffle(members)
        if len(members) < 3 or not self.chance(0.4):
            return members
        count = self.rng.randint(2, len(members) - 1)
        group, rest = members[:count], members[count:]
        plain = all(is_plain(member.type) for member in group)
        keyword = "union" if plain and self.chance(0.15) else "struct"
        inner = Record(keyword, annotated=False, members=self.padded(group, 0.3))
        return rest + [Member(None, inner)]

    def padded(self, members, probability):
        out = []
        for index, member in enumerate(members):
            if self.chance(0.85 if index == 0 else probability):
                out.append(self.padding())
            out.append(member)
        return out + ([self.padding()] if self.chance(probability) else [])

    def padding(self):
        if self.chance(0.2):
            return self.bitfield_break()
        if self.chance(0.2):
            return Member(self.name("pad"), Number("unsigned", 32),
                          width=self.rng.randint(1, 31), padding=True)
        if self.chance(0.4):
            return Member(self.name("pad"), Number("u8", 8), (self.rng.randint(1, 21),),
                          padding=True)
        return Member(self.name("pad"), self.rng.choice(NUMBERS), padding=True)

    def source(self, records):
        """The declarations in C; RELOC annotates a record."""
        lines = [f"{self.enum.name} {{ {self.prefix}_A, {self.prefix}_B = 5, "
                 f"{self.prefix}_C = 100 }};",
                 f"typedef enum __attribute__((packed)) {{ {self.prefix}_D, {self.prefix}_E = 7 }} "
                 f"{self.small_enum.name};"]
        for record in records:
            lines += record_lines(record)
        return "\n".join(lines) + "\n"


def every_member(record):
    """The members of a record and of the records defined inside it."""
    for member in record.members:
        yield member
        if is_inline(member.type):
            yield from every_member(member.type)


def attributes(record):
    listed = (["packed"] if record.packed else []) + (
        [f"aligned({record.aligned})"] if record.aligned else [])
    return f" __attribute__(({', '.join(listed)}))" if listed else ""


def record_lines(record):
    mark = " RELOC" if record.annotated else ""
    body = [line for member in record.members for line in member_lines(member, "  ")]
    tag = "" if record.unnamed else f" {record.tag}"
    if record.typedef:
        return [f"typedef {record.keyword}{mark}{tag} {{", *body,
                f"}}{attributes(record)} {record.typedef};"]
    return [f"{record.keyword}{mark}{tag} {{", *body, f"}}{attributes(record)};"]


def member_lines(member, indent):
    dims = "".join(f"[{dim}]" for dim in member.dims)
    if is_inline(member.type):
        inner = [line for m in member.type.members for line in member_lines(m, indent + "  ")]
        name = f" {member.name}{dims}" if member.name else ""
        mark = " RELOC" if member.type.annotated else ""
        return [f"{indent}{member.type.keyword}{mark} {{", *inner, f"{indent}}}{name};"]
    spelling = {Number: lambda t: t.name + " ", Pointer: lambda t: t.to + " *",
                Record: lambda t: t.spelling + " "}[type(member.type)](member.type)
    volatile = "volatile " if member.volatile else ""
    width = f" : {member.width}" if member.width is not None else ""
    return [f"{indent}{volatile}{spelling}{member.name or ''}{dims}{width};"]
