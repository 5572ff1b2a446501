"""Batches of layouts with their functions, and the C files that they are."""

import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from functions import BITFIELDS, ROOTS, TARGETS, Functions, all_bools, all_pointers
from records import Layouts, shares_pointers

PER_LAYOUT = 12      # Functions.
MEMORY_BYTES = 36864
USED_BYTES = 32768   # The rest is there to be clobbered.

PRELUDE = """\
typedef unsigned char u8; typedef signed char s8;
typedef unsigned short u16; typedef short s16;
typedef unsigned int u32; typedef int s32;
typedef unsigned long u64; typedef long s64;
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
"""
PROGRAM_PRELUDE = f"""\
#define PROGRAM __attribute__((section("raw_tp"))) int
static long (*const probe_read)(void *, u32, const void *) = (void *)113;
unsigned char memory[{MEMORY_BYTES}] __attribute__((aligned(64)));
u64 result, argument;
"""
HOST_PRELUDE = """\
#define RELOC
#define probe_read(to, size, from) __builtin_memcpy(to, from, size)
#include "layouts_abi.h"
"""


@dataclass
class Layout:
    """One program of the test: the records as S and as T, and functions that access them."""
    s_source: str
    t_source: str
    s_records: list
    t_records: list
    functions: list


@dataclass
class Batch:
    """What is compiled as one file."""
    seed: int
    level: int
    route: str
    layouts: list
    folder: Path


def make_layout(rng, prefix, numbers, level, arguments):
    categories = arguments.categories
    maker = Layouts(rng, prefix, bool(BITFIELDS & set(categories)))
    records = maker.make(inherit=arguments.annotate == "tag" and rng.random() < 0.4)
    shuffled = records if arguments.unshuffled else maker.shuffled(records)
    functions = Functions(rng, records, level > 0)
    shared = any(map(shares_pointers, records + shuffled))
    made = []
    names, weights = list(categories), list(categories.values())
    for _ in range(PER_LAYOUT * 20):
        if len(made) == PER_LAYOUT:
            break
        function = functions.make(next(numbers), rng.choices(names, weights)[0])
        if function:
            function.kernel &= not shared
            made.append(function)
    return Layout(maker.source(records), maker.source(shuffled), records, shuffled, made)


def make_batch(arguments, number, count):
    rng = random.Random(f"{arguments.seed} {number}")
    level = number % 3 if arguments.optimize is None else arguments.optimize
    # Through clang, there is no optimizing after the pass at -O0 for llc to find relocations in.
    route = "clang" if level > 0 and number % 4 == 3 else "opt"
    if level == 0 and arguments.inlined:
        route = "inlined"
    numbers = iter(range(1, 1 << 30))
    layouts = []
    while len(layouts) < count:
        layout = make_layout(rng, f"s{len(layouts)}", numbers, level, arguments)
        if layout.functions:
            layouts.append(layout)
    folder = arguments.work / f"batch-{arguments.seed}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    return Batch(rng.getrandbits(48), level, route, layouts, folder)


def split(batch):
    """Two batches with half of the functions each; None when there is only one."""
    layouts = batch.layouts
    if len(layouts) > 1:
        middle = len(layouts) // 2
        halves = [layouts[:middle], layouts[middle:]]
    elif len(layouts[0].functions) > 1:
        functions = layouts[0].functions
        middle = len(functions) // 2
        halves = [[replace(layouts[0], functions=part)]
                  for part in (functions[:middle], functions[middle:])]
    else:
        return None
    parts = []
    for name, half in zip("ab", halves):
        folder = batch.folder.with_name(batch.folder.name + name)
        folder.mkdir(exist_ok=True)
        parts.append(replace(batch, layouts=half, folder=folder))
    shutil.rmtree(batch.folder)
    return parts


def program_source(batch, annotation):
    """Of the programs; and for each line of it, the number of its function."""
    text = PRELUDE + PROGRAM_PRELUDE + f"#define RELOC {annotation}\n"
    owners = [None] * text.count("\n")
    for layout in batch.layouts:
        text += layout.s_source
        owners += [None] * layout.s_source.count("\n")
        root = layout.s_records[-1].spelling
        for function in layout.functions:
            n = function.number
            source = function.source + (f"PROGRAM p{n}(void *ctx) {{ result = a{n}(({root} *)"
                                        "memory, argument); return 0; }\n")
            text += source
            owners += [n] * source.count("\n")
    return text, owners


def target_source(batch):
    lines = [PRELUDE + "#define RELOC\n"]
    for index, layout in enumerate(batch.layouts):
        lines.append(layout.t_source)
        lines += [f"{record.spelling} use_{index}_{k};"
                  for k, record in enumerate(layout.t_records)]
    return "\n".join(lines) + "\n"


def places_source(index, records):
    """Where each record lies in the memory of layout T, and what sets its pointers and booleans."""
    names = {r.spelling: k for k, r in enumerate(records)}
    names |= {f"{r.keyword} {r.tag}": k for k, r in enumerate(records)}
    counts = [TARGETS] * (len(records) - 1) + [ROOTS]
    end, lines = "0", ["enum {"]
    for k in [len(records) - 1, *range(len(records) - 1)]:
        lines.append(f"  at_{index}_{k} = ({end} + 63) / 64 * 64,")
        end = f"at_{index}_{k} + {counts[k]} * sizeof({records[k].spelling})"
    lines += [f"  end_{index} = {end} }};", f"_Static_assert(end_{index} <= {USED_BYTES}, \"\");"]
    pointers, bools = [], []
    for k, record in enumerate(records):
        each = f"(({record.spelling} *)(memory + at_{index}_{k}))[k]"
        loop = f"  for (int k = 0; k < {counts[k]}; k++) {{"
        pointers.append(loop)
        for n, (path, target) in enumerate(all_pointers(record)):
            pointers.append(f"    {each}.{path} = (void *)(base + at_{index}_{names[target]} + "
                            f"{n % 2} * sizeof({target}));")
        pointers.append("  }")
        bools += [loop, *(f"    *(u8 *)&{each}.{path} &= 1;" for path in all_bools(record)), "  }"]
    lines += [f"static void pointers_{index}(unsigned char *memory, u64 base)", "{", *pointers, "}",
              f"static void bools_{index}(unsigned char *memory)", "{", *bools, "}"]
    return "\n".join(lines) + "\n"


def host_source(batch):
    text = PRELUDE + HOST_PRELUDE
    table = []
    for index, layout in enumerate(batch.layouts):
        text += layout.t_source + places_source(index, layout.t_records)
        for function in layout.functions:
            text += function.source
            table.append(f"  {{(void *)a{function.number}, {function.number}, {index}, "
                         f"{int(function.kernel)}}},\n")
    entries = "".join(f"  {{pointers_{k}, bools_{k}}},\n" for k in range(len(batch.layouts)))
    return (f"{text}const struct layout_functions layouts[] = {{\n{entries}}};\n"
            f"const struct access_function functions[] = {{\n{''.join(table)}}};\n"
            f"const unsigned function_count = {len(table)};\n")
