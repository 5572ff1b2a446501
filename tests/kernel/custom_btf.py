#!/usr/bin/env python3
"""Minimizes the running kernel's BTF for some objects, and has libbpf load them with it."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--loader", required=True, help="the program custom_btf")
    parser.add_argument("objects", nargs="+")
    arguments = parser.parse_args()
    if not Path("/sys/kernel/btf/vmlinux").is_file() or os.geteuid() != 0:
        print("skipped: needs root and a kernel that shows its BTF")
        sys.exit(SKIPPED)
    objects = list(arguments.objects)
    corpus = os.environ.get("BTFRELOC_CORPUS")
    if corpus:
        objects += sorted(Path(corpus, "objects", "libbpf-tools").glob("*.o"))
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([arguments.btfreloc, "minimize", *objects, "-k", "@running",
                               "-o", folder, "--json"], stdout=subprocess.PIPE, check=False)
        if done.returncode > 1:
            sys.exit(1)
        row, = json.loads(done.stdout)["kernels"]
        sys.exit(subprocess.run([arguments.loader, Path(folder, row["file"]), *objects],
                                check=False).returncode)


if __name__ == "__main__":
    main()
