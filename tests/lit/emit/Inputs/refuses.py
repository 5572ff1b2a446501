#!/usr/bin/env python3
"""refuses.py STATUS COMMAND...: the command must exit with STATUS, and leave its output alone.

It runs twice, with a file at the path behind -o and without one. Prints what the command says, and
how many errors that are.
"""

import subprocess
import sys
from pathlib import Path

OLDER = b"an older object\n"


def run(command, expected):
    done = subprocess.run(command, stdin=sys.stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != expected:
        sys.exit(f"exit status {done.returncode} in place of {expected}:\n"
                 f"{done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def main():
    status, command = int(sys.argv[1]), sys.argv[2:]
    out = Path(command[command.index("-o") + 1])
    out.write_bytes(OLDER)
    before = set(out.parent.iterdir())
    text = run(command, status)
    if out.read_bytes() != OLDER:
        sys.exit("the older output is changed")
    out.unlink()
    if sys.stdin.seekable():
        sys.stdin.seek(0)
    run(command, status)
    left = set(out.parent.iterdir()) - before | ({out} if out.exists() else set())
    if left:
        sys.exit(f"left behind: {', '.join(map(str, left))}")
    print(text, end="")
    print(f"errors: {sum(line.startswith('error') for line in text.splitlines())}")


if __name__ == "__main__":
    main()
