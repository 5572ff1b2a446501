"""Random C functions that access a record, one category of access at a time.

Each is `u64 aN(ROOT *p, u64 i)`: p points to four records in a row, i is anything.
"""

from dataclasses import dataclass

from places import mask, places, subscripts
from records import Pointer, Record

ROOTS = 4    # Records in a row behind p.
TARGETS = 3  # Records in a row where other pointers point to, at the first or second of them.


def is_valid_pointer(place):
    """Of the pointers in a union, only one is filled."""
    return place.is_pointer() and "union" not in place.through


@dataclass
class Function:
    number: int
    category: str
    source: str
    kernel: bool = True  # Whether the verifier can follow it.


class Functions:
    """Makes functions for one layout."""

    def __init__(self, rng, records, optimized):
        self.rng = rng
        self.root = records[-1]
        self.by_spelling = {record.spelling: record for record in records}
        self.by_spelling |= {f"{r.keyword} {r.tag}": r for r in records}
        self.optimized = optimized

    def make(self, number, category):
        """A function of the category, or None when the layout has nothing of that shape."""
        self.number = number
        self.helper = ""
        self.kernel = True
        body = getattr(self, category)()
        if body is None:
            return None
        inline = self.rng.choice(["", "__always_inline ", "__noinline "])
        lines = "".join(f"  {line}\n" for line in body)
        source = (f"{self.helper}static {inline}u64 a{number}({self.root.spelling} *p, u64 i)\n"
                  f"{{\n{lines}}}\n")
        return Function(number, category, source, self.kernel)

    # What the categories are made of.

    def chance(self, probability):
        return self.rng.random() < probability

    def constant_index(self, dim):
        return [str(self.rng.randrange(dim))]

    def variable_index(self, dim):
        shift = self.rng.choice(["i", "i", "(i >> 1)", "(i >> 3)", "(int)i", "(u8)i"])
        return [f"{shift} & {mask(dim)}"]

    def any_index(self, dim):
        return self.variable_index(dim) if self.chance(0.3) else self.constant_index(dim)

    def pick(self, wanted, record=None, index=None):
        found = [place for place in places(record or self.root, index or self.constant_index)
                 if wanted(place)]
        return self.rng.choice(found) if found else None

    def element(self, place, index=None):
        """A path of one element of an array; of the place itself when it is none."""
        return place.path + subscripts(place.dims, index or self.constant_index)[0]

    def counter(self):
        """The type of a loop's counter; of one on the stack the verifier knows no bound if u32."""
        return self.rng.choice(["u32", "u64"]) if self.optimized else "u64"

    def value(self):
        constant = self.rng.choice([0, 1, self.rng.randrange(256), self.rng.getrandbits(63)])
        return f"{constant}ull" if self.chance(0.4) else f"i * {constant | 1}ull"

    def base(self):
        return self.rng.choice(["p->", "p->", "p->", "(*p)."])

    def change(self, lvalue, place):
        """An expression that changes an integer."""
        if place.type.kind == "bool":
            return self.rng.choice([f"{lvalue} = {self.value()}", f"{lvalue} ^= i",
                                    f"{lvalue} |= i & 1"])
        return self.rng.choice([f"{lvalue}++", f"++{lvalue}", f"{lvalue}--", f"--{lvalue}"] + [
            f"{lvalue} {op}= {self.value()}" for op in ("+", "-", "^", "|", "&", "*")] + [
            f"{lvalue} <<= 1", f"{lvalue} >>= 2"])

    def stored(self, expression, lvalue):
        if self.chance(0.3):
            return [f"return {expression};"]
        return [f"{expression};", f"return {self.rng.choice(['0', lvalue])};"]

    def read_or_write(self, lvalue, place):
        """Some access of an integer."""
        kind = self.rng.random()
        if kind < 0.55:
            return [f"return {lvalue};"]
        if kind < 0.8:
            return self.stored(f"{lvalue} = {self.value()}", lvalue)
        return self.stored(self.change(lvalue, place), lvalue)

    def on(self, wanted, action, base=None, index=None):
        place = self.pick(wanted, index=index)
        return place and action(f"{base or self.base()}{place.path}", place)

    # The categories.

    def read(self):
        return self.on(lambda p: p.is_scalar(), lambda x, _: [f"return {x};"])

    def write(self):
        return self.on(lambda p: p.is_scalar(),
                       lambda x, _: self.stored(f"{x} = {self.value()}", x))

    def compound(self):
        return self.on(lambda p: p.is_scalar(), lambda x, p: self.stored(self.change(x, p), x))

    def anonymous(self):
        return self.on(lambda p: p.is_scalar() and "anonymous" in p.through, self.read_or_write)

    def union(self):
        return self.on(lambda p: p.is_scalar() and "union" in p.through, self.read_or_write)

    def bitfield_read(self):
        return self.on(lambda p: p.is_bitfield(), lambda x, _: [f"return {x};"])

    def bitfield_write(self):
        return self.on(lambda p: p.is_bitfield(),
                       lambda x, _: self.stored(f"{x} = {self.value()}", x))

    def bitfield_compound(self):
        return self.on(lambda p: p.is_bitfield(), lambda x, p: self.stored(self.change(x, p), x))

    def bitfields(self):
        """Several, of which some are neighbours."""
        found = [p for p in places(self.root, self.constant_index) if p.is_bitfield()]
        if len(found) < 2:
            return None
        start = self.rng.randrange(len(found) - 1)
        near = found[start:start + self.rng.randint(2, 4)]
        lines = ["u64 s = 0;"]
        for place in near:
            lvalue = f"p->{place.path}"
            lines.append(self.rng.choice([
                f"s = s * 31 + {lvalue};", f"{lvalue} = {self.value()};", f"{lvalue} = s;",
                f"if ({lvalue}) s ^= {self.rng.getrandbits(16)};",
                f"{self.change(lvalue, place)};"]))
        return lines + ["return s;"]

    def array_constant(self):
        place = self.pick(lambda p: p.is_array() and len(p.dims) == 1)
        return place and self.read_or_write(self.base() + self.element(place), place)

    def array_variable(self):
        place = self.pick(lambda p: p.is_array() and len(p.dims) == 1)
        return place and self.read_or_write(
            self.base() + self.element(place, self.variable_index), place)

    def array_2d(self):
        place = self.pick(lambda p: p.is_array() and len(p.dims) == 2)
        return place and self.read_or_write(
            self.base() + self.element(place, self.any_index), place)

    def records_constant(self):
        return self.on(lambda p: p.is_scalar() and "element" in p.through, self.read_or_write)

    def records_variable(self):
        return self.on(lambda p: p.is_scalar() and "element" in p.through, self.read_or_write,
                       index=self.variable_index)

    def records_bitfield(self):
        return self.on(lambda p: p.is_bitfield() and "element" in p.through, self.read_or_write,
                       index=self.any_index)

    def pointer_path(self):
        """The path of a pointer, and the record it points to."""
        place = self.pick(is_valid_pointer, index=self.any_index)
        if place is None:
            return None, None
        return self.element(place, self.any_index), self.by_spelling[place.type.to]

    def chased(self, wanted):
        """An lvalue behind one pointer or two, the lines before it, and its place."""
        path, record = self.pointer_path()
        if path is None:
            return None
        lines, pointer = [], f"p->{path}"
        second = self.pick(lambda p: is_valid_pointer(p) and not p.dims, record)
        if second and self.chance(0.3):
            pointer, record = f"{pointer}->{second.path}", self.by_spelling[second.type.to]
        place = self.pick(wanted, record)
        if place is None:
            return None
        if self.chance(0.4):
            lines, pointer = [f"{record.spelling} *q = {pointer};"], "q"
        arrow = "[1]." if self.chance(0.15) else "->"
        return f"{pointer}{arrow}{place.path}", lines, place

    def chase(self):
        self.kernel = False
        found = self.chased(lambda p: p.is_scalar() or p.is_bitfield())
        return found and found[1] + [f"return {found[0]};"]

    def chase_write(self):
        self.kernel = False
        found = self.chased(lambda p: p.is_scalar() or p.is_bitfield())
        return found and found[1] + self.read_or_write(found[0], found[2])

    def chase_probe(self):
        if not self.optimized:
            return None
        path, record = self.pointer_path()
        place = path and self.pick(lambda p: p.is_scalar(), record)
        return place and [f"{record.spelling} *q = 0;",
                          f"{place.spelling()} v = 0;",
                          f"probe_read(&q, sizeof q, &p->{path});",
                          f"probe_read((void *)&v, sizeof v, &q->{place.path});", "return v;"]

    def address_of(self):
        place = self.pick(lambda p: p.is_scalar())
        if place is None:
            return None
        return [f"{place.spelling()} *q = &{self.base()}{place.path};"] + self.read_or_write(
            "(*q)", place)

    def array_pointer(self):
        place = self.pick(lambda p: p.is_array(), index=self.any_index)
        if place is None:
            return None
        row = place.path + subscripts(place.dims[:-1], self.constant_index)[0]
        last = place.dims[-1]
        at = self.rng.randrange(last)
        return self.rng.choice([
            [f"{place.spelling()} *q = p->{row};"] + self.read_or_write(f"q[{at}]", place),
            [f"{place.spelling()} *q = p->{row};"] + self.read_or_write(
                f"q[i & {mask(last)}]", place),
            [f"{place.spelling()} *q = &p->{row}[{last - 1}];",
             f"return q[-1] * 3 + *q;"],
            [f"{place.spelling()} *q = p->{row};", "q++;"] + self.read_or_write("(*q)", place)])

    def memcpy_scalar(self):
        place = self.pick(lambda p: p.is_scalar() and not p.volatile)
        if place is None:
            return None
        target = f"&{self.base()}{place.path}"
        if self.chance(0.6):
            return [f"{place.spelling()} v;", f"__builtin_memcpy(&v, {target}, sizeof v);",
                    "return v;"]
        return [f"{place.spelling()} v = {self.value()};",
                f"__builtin_memcpy({target}, &v, sizeof v);", "return 0;"]

    def memcpy_array(self):
        place = self.pick(lambda p: p.is_array() and not p.volatile)
        if place is None:
            return None
        row = place.path + subscripts(place.dims[:-1], self.constant_index)[0]
        last = place.dims[-1]
        total = " + ".join(f"v[{k}] * {k + 1}" for k in range(last))
        declared = f"{place.spelling()} v[{last}]"
        if self.chance(0.6):
            return [f"{declared};", f"__builtin_memcpy(v, {self.base()}{row}, sizeof v);",
                    f"return {total};"]
        values = ", ".join(["i"] + [str(self.rng.randrange(1, 99)) for _ in range(last - 1)])
        return [f"{declared} = {{{values}}};",
                f"__builtin_memcpy({self.base()}{row}, v, sizeof v);", "return 0;"]

    def memset(self):
        place = self.pick(lambda p: p.is_array() and p.type.kind != "bool" and not p.volatile)
        if place is None:
            return None
        row = place.path + subscripts(place.dims[:-1], self.constant_index)[0]
        size = place.dims[-1] * place.type.bits // 8
        return [f"__builtin_memset(p->{row}, {self.rng.randrange(256)}, {size});", "return 0;"]

    def roots_constant(self):
        at = self.rng.randint(1, ROOTS - 1)
        base = self.rng.choice([f"p[{at}].", f"(p + {at})->", f"(&p[{at}])->"])
        return self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write, base,
                       self.any_index)

    def roots_variable(self):
        at = f"i & {ROOTS - 1}"
        base = self.rng.choice([f"p[{at}].", f"(p + ({at}))->", f"(&p[{at}])->"])
        return self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write, base,
                       self.any_index)

    def roots_moved(self):
        """A pointer variable that is moved to another record."""
        move = self.rng.choice(["q++;", "q += 2;", f"q += i & {ROOTS - 1};", "q = &q[1];",
                                "q += 3; q--;", "if (i & 1) q++;", "q = i & 1 ? q + 1 : p + 2;"])
        if self.chance(0.3):
            found = self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write, "p->")
            return found and [self.rng.choice(["p++;", "p += 3;", f"p = &p[i & {ROOTS - 1}];"])
                              ] + found
        lines = [f"{self.root.spelling} *q = p;", move]
        found = self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write, "q->")
        return found and lines + found

    def helper_record(self):
        place = self.pick(lambda p: p.is_record(), index=self.any_index)
        if place is None:
            return None
        inner = self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        if inner is None:
            return None
        body = "".join(f"  {line}\n" for line in self.read_or_write(f"q->{inner.path}", inner))
        self.helper = (f"static __noinline u64 h{self.number}({place.type.spelling} *q, u64 i)\n"
                       f"{{\n{body}}}\n")
        return [f"return h{self.number}(&p->{self.element(place, self.any_index)}, i);"]

    def helper_member(self):
        place = self.pick(lambda p: p.is_scalar() or p.is_array(), index=self.any_index)
        if place is None:
            return None
        body = "".join(f"  {line}\n" for line in self.read_or_write("(*q)", place))
        self.helper = (f"static __noinline u64 h{self.number}({place.spelling()} *q, u64 i)\n"
                       f"{{\n{body}}}\n")
        return [f"return h{self.number}(&p->{self.element(place, self.any_index)}, i);"]

    def helper_root(self):
        found = self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write, "q->",
                        self.any_index)
        if found is None:
            return None
        body = "".join(f"  {line}\n" for line in found)
        self.helper = (f"static __noinline u64 h{self.number}({self.root.spelling} *q, u64 i)\n"
                       f"{{\n{body}}}\n")
        where = self.rng.choice(["p", "p", "&p[1]", "p + 2", f"&p[i & {ROOTS - 1}]"])
        return [f"return h{self.number}({where}, i);"]

    def loop_array(self):
        place = self.pick(lambda p: p.is_array())
        if place is None:
            return None
        lines, path = ["u64 s = 0;"], place.path
        for depth, dim in enumerate(place.dims):
            k = f"k{depth}"
            head = self.rng.choice([f"for ({self.counter()} {k} = 0; {k} < {dim}; {k}++)",
                                    f"for (int {k} = {dim - 1}; {k} >= 0; {k}--)"]
                                   if self.optimized else
                                   [f"for (u64 {k} = 0; {k} < {dim}; {k}++)"])
            lines.append("  " * depth + head)
            path += f"[k{depth}]"
        step = self.rng.choice([f"s = s * 7 + p->{path};", f"s += p->{path};",
                                f"p->{path} = s++ & 1;"])
        return lines + ["  " * len(place.dims) + step, "return s;"]

    def loop_pointer(self):
        place = self.pick(lambda p: p.is_array() and len(p.dims) == 1)
        if place is None:
            return None
        self.kernel = False  # The verifier does not see when such a loop ends.
        return ["u64 s = 0;",
                f"for ({place.spelling()} *q = p->{place.path}; "
                f"q < p->{place.path} + {place.dims[0]}; q++)",
                "  s = s * 7 + *q;", "return s;"]

    def loop_records(self):
        place = self.pick(lambda p: p.is_record() and len(p.dims) == 1)
        inner = place and self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        if not inner:
            return None
        dim = place.dims[0]
        heads = [(f"for ({self.counter()} k = 0; k < {dim}; k++)",
                  f"p->{place.path}[k].{inner.path}"),
                 (f"for ({place.type.spelling} *q = p->{place.path}; q < p->{place.path} + {dim}; "
                  "q++)", f"q->{inner.path}")]
        head, lvalue = self.rng.choice(heads)
        self.kernel = "*q" not in head
        return ["u64 s = 0;", head, f"  s = s * 7 + {lvalue};", "return s;"]

    def loop_roots(self):
        place = self.pick(lambda p: p.is_scalar() or p.is_bitfield())
        if place is None:
            return None
        heads = [(f"for ({self.counter()} k = 0; k < {ROOTS}; k++)", f"p[k].{place.path}"),
                 (f"for ({self.root.spelling} *q = p; q < p + {ROOTS}; q++)", f"q->{place.path}")]
        head, lvalue = self.rng.choice(heads)
        self.kernel = "*q" not in head
        return ["u64 s = 0;", head, f"  s = s * 7 + {lvalue};", "return s;"]

    def conditional(self):
        one = self.pick(lambda p: p.is_scalar())
        if one is None:
            return None
        other = self.pick(lambda p: p.is_scalar() and p.spelling() == one.spelling())
        lines = self.rng.choice([
            [f"{one.spelling()} *q = i & 1 ? &p->{one.path} : &p->{other.path};"],
            [f"{one.spelling()} *q = &p->{one.path};", f"if (i & 1)", f"  q = &p->{other.path};"],
            [f"{one.spelling()} *q;", "if (i & 2)", f"  q = &p->{one.path};", "else",
             f"  q = &p->{other.path};"]])
        return lines + self.read_or_write("(*q)", one)

    def conditional_record(self):
        one = self.pick(lambda p: p.is_record())
        if one is None:
            return None
        other = self.pick(lambda p: p.is_record() and p.type is one.type)
        inner = self.pick(lambda p: p.is_scalar() or p.is_bitfield(), one.type)
        return inner and [
            f"{one.type.spelling} *q = i & 1 ? &p->{self.element(one)} : &p->{self.element(other)};"
        ] + self.read_or_write(f"q->{inner.path}", inner)

    def nested_pointer(self):
        place = self.pick(lambda p: p.is_record(), index=self.any_index)
        inner = place and self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        if not inner:
            return None
        more = self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        lines = [f"{place.type.spelling} *q = &p->{self.element(place, self.any_index)};",
                 f"u64 s = q->{more.path};"]
        return lines + [f"s += q->{inner.path};", "return s;"]

    def pointer_write(self):
        self.kernel = False
        path, record = self.pointer_path()
        return path and self.rng.choice([
            [f"p->{path} = 0;", "return 0;"], [f"p->{path} = ({record.spelling} *)i;", "return 1;"],
            [f"return (u64)p->{path};"], [f"p->{path}++;", f"return p->{path} != 0;"]])

    def local_record(self):
        """A record on the stack has the layout of the program."""
        place = self.pick(lambda p: p.is_record())
        inner = place and self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        return inner and [
            f"{place.type.spelling} v;",
            f"v.{inner.path} = p->{self.element(place)}.{inner.path};",
            "__asm__ volatile(\"\" : : \"r\"(&v) : \"memory\");", f"return v.{inner.path};"]

    def several(self):
        """Accesses one behind the other, of whatever kind."""
        lines = ["u64 s = i;"]
        for _ in range(self.rng.randint(3, 6)):
            place = self.pick(lambda p: p.is_scalar() or p.is_bitfield() or p.is_array(),
                              index=self.any_index)
            if place is None:
                return None
            lvalue = self.base() + self.element(place, self.any_index)
            lines.append(self.rng.choice([
                f"s = s * 31 + {lvalue};", f"s ^= {lvalue};", f"{lvalue} = s;",
                f"if ({lvalue} > {self.rng.randrange(100)}) s++;",
                f"{self.change(lvalue, place)};"]))
        return lines + ["return s;"]

    def chase_list(self):
        """Along pointers of a record to its own kind."""
        self.kernel = False
        step = self.pick(lambda p: is_valid_pointer(p) and not p.dims
                         and self.by_spelling[p.type.to] is self.root)
        place = step and self.pick(lambda p: p.is_scalar() or p.is_bitfield())
        return place and self.rng.choice([
            ["u64 s = 0;", "for (u32 k = 0; k < 3; k++) {", f"  s = s * 7 + p->{place.path};",
             f"  p = p->{step.path};", "}", "return s;"],
            [f"{self.root.spelling} *q = p;", f"for (u32 k = i & 3; k; k--)",
             f"  q = q->{step.path};", f"return q->{place.path};"]])

    def carried(self):
        """The pointer goes through other variables."""
        self.kernel = False
        root = self.root.spelling
        name = f"g{self.number}"
        helper, before, lvalue = self.rng.choice([
            ("", ["struct wrapper { u64 x; %s *q; } w = { i, p };"], "w.q->"),
            ("", ["%s *qs[2] = { p, p + 1 };"], "qs[i & 1]->"),
            ("", ["%s *q = p;", "%s **qq = &q;"], "(*qq)->"),
            ("", ["void *v = p;"], "((%s *)v)->"),
            ("", ["void *v = p;", "%s *q = v;"], "q->"),
            ("", ["u64 v = (u64)p;", "%s *q = (%s *)v;"], "q->"),
            ("static %s *NAME;\n", ["NAME = p + 1;"], "NAME->"),
            ("static %s *NAME(%s *q, u64 i)\n{\n  return i & 1 ? q + 1 : q;\n}\n", [],
             "NAME(p, i)->"),
            ("", ["const %s *q = p + 2;"], "((%s *)q)->"),
        ])
        fill = lambda text: text.replace("%s", root).replace("NAME", name)
        self.helper = fill(helper)
        found = self.on(lambda p: p.is_scalar() or p.is_bitfield(), self.read_or_write,
                        fill(lvalue))
        return found and [fill(line) for line in before] + found

    def helper_return(self):
        """A function that returns where a member is."""
        place = self.pick(lambda p: p.is_record() or p.is_scalar(), index=self.any_index)
        if place is None:
            return None
        type_ = place.type.spelling if place.is_record() else place.spelling()
        self.helper = (f"static __noinline {type_} *h{self.number}({self.root.spelling} *q, u64 i)"
                       f"\n{{\n  return &q->{self.element(place, self.any_index)};\n}}\n")
        self.kernel = False  # Of a pointer that a subprogram returns, the verifier knows nothing.
        if not place.is_record():
            return self.read_or_write(f"(*h{self.number}(p, i))", place)
        inner = self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        return inner and self.read_or_write(f"h{self.number}(p, i)->{inner.path}", inner)

    def offset(self):
        """Where a member is, as a number."""
        place = self.pick(lambda p: not p.is_bitfield(), index=self.any_index)
        return place and [f"return (u64)((char *)&p->{self.element(place, self.any_index)} - "
                          "(char *)p);"]

    def atomic(self):
        self.kernel = False  # Atomic operations across cache lines are fatal there.
        place = self.pick(lambda p: p.is_scalar() and p.type.kind == "int" and p.type.bits >= 32)
        return place and [f"__sync_fetch_and_add(&p->{place.path}, {self.value()});", "return 0;"]

    def copy_array(self):
        one = self.pick(lambda p: p.is_array() and len(p.dims) == 1 and not p.volatile)
        if one is None:
            return None
        other = self.pick(lambda p: p.is_array() and len(p.dims) == 1 and not p.volatile
                          and p.type.bits == one.type.bits and p.type.kind == one.type.kind)
        size = min(one.dims[0], other.dims[0]) * one.type.bits // 8
        return [f"__builtin_memmove(p->{one.path}, p->{other.path}, {size});", "return 0;"]

    def punned(self):
        # A byte of a union is, for all that the code tells, the member of one byte that it has.
        place = self.pick(lambda p: p.is_scalar() and "union" not in p.through)
        at = place and self.rng.randrange(place.type.bits // 8)
        return place and self.rng.choice([
            [f"return ((u8 *)&p->{place.path})[{at}];"],
            [f"u8 *q = (u8 *)&p->{place.path};", f"return q[{at}];"],
            [f"return *(u8 *)&p->{place.path};"]])

    def raw_offset(self):
        """An access that only debug information knows the member of."""
        place = self.pick(lambda p: p.is_scalar() and "element" not in p.through)
        return place and [f"return *({place.spelling()} *)((char *)p + "
                          f"__builtin_offsetof({self.root.spelling}, {place.path}));"]

    def container_of(self):
        place = self.pick(lambda p: p.is_scalar() and not p.through and not p.volatile)
        other = place and self.pick(lambda p: p.is_scalar())
        offset = place and f"__builtin_offsetof({self.root.spelling}, {place.path})"
        return other and [
            f"{place.spelling()} *m = &p->{place.path};",
            f"{self.root.spelling} *q = ({self.root.spelling} *)((char *)m - {offset});",
            f"return q->{other.path};"]

    def copy_record(self):
        self.kernel = False  # Pointers of the kernel may be in it.
        place = self.pick(lambda p: p.is_record() and len(p.dims) == 1 and p.dims[0] > 1)
        if place is None:
            return None
        inner = self.pick(lambda p: p.is_scalar() or p.is_bitfield(), place.type)
        record, lines = place.type.spelling, [f"p->{place.path}[0] = p->{place.path}[1];"]
        if inner is None:
            return lines + ["return 0;"]
        return self.rng.choice([
            lines + ["return 0;"], ["p[0] = p[1];", "return 0;"],
            [f"{record} v = p->{place.path}[1];", f"return v.{inner.path};"],
            [f"{record} v;", f"__builtin_memcpy(&v, &p->{place.path}[0], sizeof v);",
             f"return v.{inner.path};"]])


# Which a layout gets how often. HOPELESS is what no relocation makes right, or
# not always: the pass has to say so.
WEIGHTS = {
    "read": 6, "write": 5, "compound": 5, "anonymous": 4, "union": 5, "bitfield_read": 6,
    "bitfield_write": 6, "bitfield_compound": 5, "bitfields": 4, "array_constant": 4,
    "array_variable": 4, "array_2d": 3, "records_constant": 4, "records_variable": 4,
    "records_bitfield": 3, "chase": 5, "chase_write": 4, "chase_probe": 4, "address_of": 4,
    "array_pointer": 3, "memcpy_scalar": 3, "memcpy_array": 3, "memset": 2, "roots_constant": 4,
    "roots_variable": 4, "roots_moved": 3, "helper_root": 3, "helper_record": 3,
    "helper_member": 3, "loop_array": 3, "loop_pointer": 2, "loop_records": 3, "loop_roots": 3,
    "conditional": 3, "conditional_record": 3, "nested_pointer": 4, "pointer_write": 2,
    "local_record": 2, "several": 5, "chase_list": 3, "carried": 4, "helper_return": 3, "offset": 3,
    "atomic": 2, "copy_array": 2, "punned": 3, "raw_offset": 1, "container_of": 1,
    "copy_record": 1,
}
HOPELESS = {"raw_offset", "container_of", "copy_record"}
BITFIELDS = {name for name in WEIGHTS if "bitfield" in name}


def all_pointers(record):
    """Every pointer in a record, with every index: what gets an address before a run."""
    everything = lambda dim: [str(i) for i in range(dim)]
    for place in places(record, everything):
        if isinstance(place.type, Pointer):
            for subscript in subscripts(place.dims, everything):
                yield place.path + subscript, place.type.to


def all_bools(record):
    everything = lambda dim: [str(i) for i in range(dim)]
    for place in places(record, everything):
        if not isinstance(place.type, (Pointer, Record)) and place.type.kind == "bool" \
                and place.width is None:
            for subscript in subscripts(place.dims, everything):
                yield place.path + subscript
