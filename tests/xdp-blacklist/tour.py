#!/usr/bin/env python3
"""Runs the console blocks of xdp-blacklist's README.md, in order, and compares what they show.

They make network namespaces and load programs, so all of it happens in namespaces of networks and
mounts of its own: a BPF file system and a /run that nobody else sees, and that are gone when this
ends, however it ends. Times and what depends on the kernel are not compared. `...` alone on a line
stands for any lines. A block of another language is written as the file that the line before it
names: "`rules`:". With --update the README gets the real output.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "tools" / "xdp-blacklist" / "README.md"
sys.path.insert(0, str(ROOT / "tests" / "lit"))
# pylint: disable=wrong-import-position
import transcripts  # noqa: E402

SKIPPED = 77
MOST_SECONDS = 30  # a command may take


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def enter_own_namespaces():
    """Starts this program again where nothing it does is seen from outside."""
    if os.environ.get("XDP_BLACKLIST_TOUR"):
        for command in (["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"],
                        ["mount", "-t", "tmpfs", "tmpfs", "/run"]):
            subprocess.run(command, check=True)
        return
    if os.geteuid() != 0 or not Path("/sys/kernel/btf/vmlinux").exists():
        skip("needs root and a kernel with BTF")
    for program in ("ip", "ping", "curl", "setpriv", "unshare"):
        if subprocess.run(["sh", "-c", f"command -v {program}"], check=False,
                          stdout=subprocess.DEVNULL).returncode != 0:
            skip(f"{program} is not installed")
    os.environ["XDP_BLACKLIST_TOUR"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          sys.executable, *sys.argv])


# What differs from run to run; all other numbers count.
VARYING = [
    (r"^\d\d:\d\d:\d\d ", "TIME "),
    (r"after \d+ milliseconds", "after N milliseconds"),
    (r", time \d+ms", ", time N"),
    # TCP sends again, IPv6 looks for neighbours.
    (r"^(  [\w-]+ +(?:passes|dropped)) .*", r"\1 N"),
    (r"^(  tcp:23 ) .*", r"\1 N"),
    (r"^(  [\d.]+) .* \d+s$", r"\1 N"),
    (r"/\* \[\d+\] ", "/* [ID] "),
    # Where the compiler put it, and where this kernel has it.
    (r"^.*?(\d+ instructions, )", r"\1"),
    (r"^(\w+\.h):\d+", r"\1"),
    (r"^(  \w+#\d).*(byte_off .*?) +\d+ → \d+", r"\1 \2"),
]


def masked(line):
    for pattern, replacement in VARYING:
        line = re.sub(pattern, replacement, line)
    return re.sub(r" +", " ", line)


def matches(expected, actual):
    lines = [masked(line) for line in expected.splitlines(keepends=True)]
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line)
                      for line in lines)
    actual = "".join(masked(line) for line in actual.splitlines(keepends=True))
    return re.fullmatch(pattern, actual) is not None


def run(command, folder, environment):
    try:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=False,
                              timeout=MOST_SECONDS, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    except subprocess.TimeoutExpired:
        return f"(it took more than {MOST_SECONDS} seconds)\n"
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def tour(text, folder, environment):
    """The text with the real output, numbers of commands and of those that print something else."""
    count = failures = 0

    def replace(block):
        nonlocal count, failures
        if block["language"] != "console":
            named = re.search(r"`([\w./-]+)`:$", block["before"] or "")
            if named:
                transcripts.write_file(folder, named[1], block["text"])
            return block[0]
        updated = ""
        for command, expected in transcripts.commands_of(block["text"]):
            count += 1
            actual = run(command, folder, environment)
            is_match = matches(expected, actual)
            if not is_match:
                failures += 1
                print(f"$ {command}\n--- the README says\n{expected}"
                      f"--- the command prints\n{actual}---")
            updated += f"$ {command}\n" + (expected if is_match else actual)
        return block[0][: block.start("text") - block.start()] + updated + "```"

    return transcripts.BLOCK.sub(replace, text), count, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=os.path.abspath, help="folder of our programs")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    enter_own_namespaces()
    with tempfile.TemporaryDirectory() as folder:
        # As in the repository, but where any user may get to.
        programs = Path(folder, "build", "bin")
        programs.mkdir(parents=True)
        os.chmod(folder, 0o755)
        subprocess.run(["mount", "--bind", arguments.bin, programs], check=True)
        environment = {**os.environ, "LC_ALL": "C.UTF-8",
                       "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin"}
        try:
            updated, count, failures = tour(README.read_text(), folder, environment)
        finally:
            subprocess.run(["umount", "--lazy", programs], check=True)
    if arguments.update and failures:
        README.write_text(updated)
    print(f"{count} commands of the tour, {failures} print something else")
    sys.exit(1 if failures or count == 0 else 0)


if __name__ == "__main__":
    main()
