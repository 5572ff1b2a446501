#!/usr/bin/env python3
"""The includes of lib/ are the arrows of the drawing in docs/design.md, and no others.

A room may include itself and the rooms listed for it. lib/ includes no LLVM and no command-line
or JSON library; llvm-pass/ includes nothing from lib/.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# From docs/design.md.
MAY_INCLUDE = {
    "base": [],
    "elf": ["base"],
    "insn": ["base"],
    "btf": ["base"],
    "core": ["base", "btf", "insn"],
    "object": ["base", "elf", "btf", "insn", "core"],
    "kernels": ["base", "elf", "btf", "core"],
    "check": ["base", "elf", "btf", "insn", "core", "object", "kernels"],
    "capi": ["base", "elf", "btf", "insn", "core", "object", "kernels", "check"],
}
# Headers from outside that a room may use, beyond the C++ and C libraries and {fmt}.
OUTSIDE = {"elf": {"gelf.h", "libelf.h"}, "object": {"libelf.h"}}
FORBIDDEN = re.compile(r"^(llvm|CLI|nlohmann|archive|bpf|linux/(bpf|btf)\.h)")


def includes(file):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if found := re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line):
            yield number, found[1] == '"', found[2]


def problems_of(room, file):
    for number, is_quoted, header in includes(file):
        where = f"{file.relative_to(ROOT)}:{number}"
        if is_quoted:
            target = header.split("/")[0]
            if target != room and target not in MAY_INCLUDE[room]:
                yield f"{where}: {room} must not include {header}"
            elif not (ROOT / "lib" / header).is_file():
                yield f"{where}: there is no lib/{header}"
        elif FORBIDDEN.match(header):
            yield f"{where}: lib/ must not include <{header}>"
        elif header.endswith("elf.h") and header not in OUTSIDE.get(room, set()):
            yield f"{where}: {room} must not include <{header}>"


def links_of(room):
    """The rooms a room's CMake target links."""
    text = (ROOT / "lib" / room / "CMakeLists.txt").read_text()
    return set(re.findall(r"btfreloc_(\w+)", text.split("LINKS", 1)[-1].split(")")[0])
               if "LINKS" in text else [])


def main():
    problems = []
    files = 0
    for folder in sorted((ROOT / "lib").iterdir()):
        room = folder.name
        if room not in MAY_INCLUDE:
            problems.append(f"lib/{room} is not in the drawing")
            continue
        if extra := links_of(room) - set(MAY_INCLUDE[room]):
            problems.append(f"lib/{room} links {', '.join(sorted(extra))}")
        for file in sorted(folder.rglob("*.[ch]*")):
            files += 1
            problems += problems_of(room, file)
    for file in sorted((ROOT / "llvm-pass").glob("*.[ch]*")):
        problems += [f"{file.name}:{number}: the pass must not include {header}"
                     for number, _, header in includes(file) if (ROOT / "lib" / header).exists()]
    print("\n".join(problems))
    print(f"{files} files, {len(problems)} includes against the drawing")
    sys.exit(1 if problems or files == 0 else 0)


if __name__ == "__main__":
    main()
