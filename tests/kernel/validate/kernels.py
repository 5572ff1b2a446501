#!/usr/bin/env python3
"""Every kernel takes its own BTF: btfreloc validate --for its release says so of each of the corpus.

    kernels.py BTFRELOC

Kernels are those of BTFRELOC_CORPUS; exit status 77 without it.
"""

import os
import subprocess
import sys
from pathlib import Path

SKIPPED = 77


def main():
    kernels = sorted(Path(os.environ.get("BTFRELOC_CORPUS", "/nonexistent")).glob(
        "kernels/*/*.btf.xz"))
    if not kernels:
        print("skipped: BTFRELOC_CORPUS names no kernels")
        sys.exit(SKIPPED)
    failed = 0
    for kernel in kernels:
        release = kernel.name.removesuffix(".btf.xz")
        done = subprocess.run([sys.argv[1], "validate", kernel, "--for", release], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            failed += 1
            print(f"{kernel}:\n{done.stdout}")
    print(f"{len(kernels)} kernels, {failed} of them not valid for themselves")
    sys.exit(failed != 0)


main()
