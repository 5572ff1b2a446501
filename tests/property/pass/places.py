"""The places of a record that an access path names."""

from dataclasses import dataclass, field

from records import Number, Pointer, Record


@dataclass
class Place:
    path: str                 # "m3.m4[2].m7"
    type: "Number | Pointer | Record"
    dims: tuple = ()
    width: int | None = None
    volatile: bool = False
    through: frozenset = field(default_factory=frozenset)  # nested, anonymous, union, element

    def is_number(self):
        return isinstance(self.type, Number) and self.width is None

    def is_scalar(self):
        return self.is_number() and not self.dims

    def is_bitfield(self):
        return self.width is not None

    def is_array(self):
        return self.is_number() and bool(self.dims)

    def is_pointer(self):
        return isinstance(self.type, Pointer)

    def is_record(self):
        """A record of a name, so that a pointer to it can be declared."""
        return isinstance(self.type, Record) and self.type.tag is not None

    def spelling(self):
        return ("volatile " if self.volatile else "") + (
            self.type.name if isinstance(self.type, Number) else self.type.spelling)


def places(record, index):
    """Every place. `index` says which elements of an array of records are gone into, as text."""
    return list(members_of(record, "", frozenset(), index))


def members_of(record, prefix, through, index):
    if record.keyword == "union":
        through = through | {"union"}
    for member in record.members:
        if member.padding:
            continue
        if member.name is None:
            yield from members_of(member.type, prefix, through | {"anonymous"}, index)
            continue
        path = prefix + member.name
        yield Place(path, member.type, member.dims, member.width, member.volatile, through)
        if isinstance(member.type, Record):
            inner = through | {"nested"} | ({"element"} if member.dims else set())
            for subscript in subscripts(member.dims, index):
                yield from members_of(member.type, f"{path}{subscript}.", inner, index)


def subscripts(dims, index):
    """All texts "[i][j]" of the indices that `index` gives for each dimension."""
    texts = [""]
    for dim in dims:
        texts = [f"{text}[{i}]" for text in texts for i in index(dim)]
    return texts


def mask(dim):
    """The greatest mask that keeps an index below dim."""
    return (1 << (dim.bit_length() - 1)) - 1
