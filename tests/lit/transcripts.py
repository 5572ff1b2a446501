#!/usr/bin/env python3
"""Runs the ```console blocks of the documents and compares what they show with what comes out.

A block is `$ command` lines, each followed by its output. Commands run in the root of the
repository with our programs first on PATH. `...` alone on a line stands for any lines. With
--update the documents are rewritten with the real output (blocks with `...` are left alone).
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(block):
    """[(command, expected output)] of a block."""
    commands = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append([line[2:].rstrip("\n"), ""])
        else:
            commands[-1][1] += line
    return commands


def run(command, environment):
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [line.rstrip() + "\n" for line in done.stdout.splitlines()]
    return "".join(lines)


def matches(expected, actual):
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line)
                      for line in expected.splitlines(keepends=True))
    return re.fullmatch(pattern, actual) is not None


def check(document, environment, update):
    failures = count = 0

    def replace(block):
        nonlocal failures, count
        text = "```console\n"
        for command, expected in commands_of(block[1]):
            count += 1
            actual = run(command, environment)
            if not matches(expected, actual):
                failures += 1
                print(f"{document}: $ {command}\n--- the document says\n{expected}"
                      f"--- the command prints\n{actual}---")
            text += f"$ {command}\n" + (expected if matches(expected, actual) else actual)
        return text + "```"

    updated = BLOCK.sub(replace, document.read_text())
    if update and failures:
        document.write_text(updated)
    return count, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of our programs")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("documents", nargs="+", type=Path)
    arguments = parser.parse_args()
    environment = dict(os.environ, PATH=f"{arguments.bin}{os.pathsep}{os.environ['PATH']}")
    documents = []
    for path in arguments.documents:
        documents += sorted(path.rglob("*.md")) if path.is_dir() else [path]
    total = failed = 0
    for document in documents:
        count, failures = check(document, environment, arguments.update)
        total += count
        failed += failures
    print(f"{total} commands in {len(documents)} documents, {failed} print something else")
    sys.exit(1 if failed or total == 0 else 0)


if __name__ == "__main__":
    main()
