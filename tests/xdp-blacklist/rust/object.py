#!/usr/bin/env python3
"""The committed object of xdp-blacklist's Rust program is what its sources make.

build.sh compiles them once more; the same tools make the same bytes. Skips without a toolchain.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "differential"))
import support  # noqa: E402

# rustc 1.85 has it.
LLVM = "19"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--toolchain", type=Path, required=True)
    parser.add_argument("--object", type=Path, required=True)
    arguments = parser.parse_args()
    for needed in (arguments.toolchain / "bin" / "rustc",
                   arguments.programs / f"btfreloc-emit-{LLVM}"):
        if not needed.is_file():
            support.skip(f"{needed} is absent")
    for name in (f"clang-{LLVM}", f"llvm-strip-{LLVM}"):
        support.tool(name)

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "made.o")
        support.output(arguments.object.parent / "build.sh", made, arguments.programs,
                       arguments.toolchain, LLVM)
        if made.read_bytes() == arguments.object.read_bytes():
            return 0
    print(f"{arguments.object} is not what its sources make: run "
          f"{arguments.object.parent / 'build.sh'} {arguments.object}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
