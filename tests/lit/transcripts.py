#!/usr/bin/env python3
"""Runs the ```console blocks of the documents and compares what they show with what comes out.

A block is `$ command` lines, each followed by its output. Commands run in the root of the
repository with our programs first on PATH. `...` alone on a line stands for any lines. With
--update the documents are rewritten with the real output (blocks with `...` are left alone).

With --empty-folder each document's commands run in a folder of its own, which is empty at first:
for guides. A block of another language is written there as the file that the line before it names,
a line like "`src/main.rs`:". `<!-- needs a kernel -->` before a block says that it loads programs,
which is left out where nobody may, and that its numbers are those of the kernel.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?:(?P<before>[^\n]+)\n\n?)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
NEEDS_KERNEL = "<!-- needs a kernel -->"
KERNEL = Path("/sys/kernel/btf/vmlinux")
SKIPPED = 77


def commands_of(block):
    """[(command, expected output)] of a block."""
    commands = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append([line[2:].rstrip("\n"), ""])
        else:
            commands[-1][1] += line
    return commands


def run(command, folder, environment):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [line.rstrip() + "\n" for line in done.stdout.splitlines()]
    return "".join(lines)


def matches(expected, actual, any_numbers):
    if any_numbers:
        # Columns are as wide as the numbers in them.
        expected, actual = (re.sub(r" +", " ", re.sub(r"\d+", "1", text))
                            for text in (expected, actual))
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line)
                      for line in expected.splitlines(keepends=True))
    return re.fullmatch(pattern, actual) is not None


def write_file(folder, name, text):
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def check(document, environment, update, folder):
    """Runs the commands in `folder`, or in the root of the repository when it is None."""
    failures = count = 0

    def replace(block):
        nonlocal failures, count
        named = re.search(r"`([\w./-]+)`:$", block["before"] or "")
        if block["language"] != "console":
            if folder is not None and named is not None:
                write_file(folder, named[1], block["text"])
            return block[0]
        needs_kernel = block["before"] == NEEDS_KERNEL
        if needs_kernel and (os.geteuid() != 0 or not KERNEL.exists()):
            print(f"note: left out, as it needs root and a kernel with BTF:\n{block['text']}")
            return block[0]
        text = ""
        for command, expected in commands_of(block["text"]):
            count += 1
            actual = run(command, folder or ROOT, environment)
            is_match = matches(expected, actual, needs_kernel)
            if not is_match:
                failures += 1
                print(f"{document}: $ {command}\n--- the document says\n{expected}"
                      f"--- the command prints\n{actual}---")
            text += f"$ {command}\n" + (expected if is_match else actual)
        return block[0][: block.start("text") - block.start()] + text + "```"

    updated = BLOCK.sub(replace, document.read_text())
    if update and failures:
        document.write_text(updated)
    return count, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=os.path.abspath, help="folder of our programs")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--empty-folder", action="store_true")
    parser.add_argument("--rust", type=os.path.abspath,
                        help="folder of a Rust toolchain; the test is skipped without")
    parser.add_argument("documents", nargs="+", type=Path)
    arguments = parser.parse_args()
    programs = [arguments.bin]
    environment = dict(os.environ)
    if arguments.rust is not None:
        if not Path(arguments.rust, "bin", "rustc").is_file():
            print(f"skipped: {arguments.rust}/bin/rustc is absent, testdata/rust/toolchain.sh "
                  "makes it")
            sys.exit(SKIPPED)
        # What the guide has its reader set.
        environment.update(RUST=arguments.rust, BTFRELOC=str(ROOT))
        programs.append(str(Path(arguments.rust, "bin")))
    environment["PATH"] = os.pathsep.join([*programs, os.environ["PATH"]])
    documents = []
    for path in arguments.documents:
        documents += sorted(path.rglob("*.md")) if path.is_dir() else [path]
    total = failed = 0
    for document in documents:
        with tempfile.TemporaryDirectory() as empty:
            folder = empty if arguments.empty_folder else None
            count, failures = check(document, environment, arguments.update, folder)
        total += count
        failed += failures
    print(f"{total} commands in {len(documents)} documents, {failed} print something else")
    sys.exit(1 if failed or total == 0 else 0)


if __name__ == "__main__":
    main()
