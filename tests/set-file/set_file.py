#!/usr/bin/env python3
"""What happens to the file of a kernel set when several write it, or one cannot finish.

Every case leaves either the old set or the new one, whole, and nothing else beside it. Runs in a
mount namespace of its own, because a disk has to be full; skipped where that is not to be had.
"""

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
INSIDE = "BTFRELOC_SET_FILE_TEST_INSIDE"

# A kernel of its own for every number, some kilobytes long.
INT = "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"


def kernel_text(number):
    records = []
    for i in range(200):
        records.append(f"[{i + 2}] STRUCT 'record_{i}' size=8 vlen=2\n"
                       f"\t'first_{number}_{i}' type_id=1 bits_offset=0\n"
                       f"\t'second' type_id=1 bits_offset=32\n")
    return INT + "".join(records)


class Tool:
    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.kernels = folder / "kernels"
        self.kernels.mkdir()

    def kernel(self, number):
        """The file of a kernel with the label kN."""
        file = self.kernels / f"k{number}.btf"
        if not file.exists():
            text = file.with_suffix(".btft")
            text.write_text(kernel_text(number))
            subprocess.run([self.path, "encode", text, "-o", file], check=True)
        return file

    def command(self, *arguments):
        return [self.path, "kernels", *map(str, arguments)]

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True,
                              check=False)

    def must(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def labels(self, file):
        return {kernel["label"] for kernel in json.loads(self.must("list", file, "--json"))["kernels"]}


def only(folder, *names):
    found = sorted(os.listdir(folder))
    assert found == sorted(names), f"in {folder}: {found}"


def fresh(tool, name):
    folder = tool.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def many_make_a_set(tool):
    """Whoever comes second to a set that was not there when it began adds to it."""
    for _ in range(5):
        folder = fresh(tool, "many")
        numbers = range(8)
        for number in numbers:
            tool.kernel(number)
        writers = [tool.start("add", folder / "set.btfset", tool.kernel(n)) for n in numbers]
        for writer in writers:
            _, errors = writer.communicate()
            assert writer.returncode == 0, errors
        assert tool.labels(folder / "set.btfset") == {f"k{n}" for n in numbers}
        tool.must("verify", folder / "set.btfset")
        only(folder, "set.btfset")


def some_add_and_some_remove(tool):
    folder = fresh(tool, "mixed")
    file = folder / "set.btfset"
    tool.must("add", file, *[tool.kernel(n) for n in range(4)])
    writers = [tool.start("remove", file, f"k{n}") for n in range(4)]
    writers += [tool.start("add", file, tool.kernel(n)) for n in range(4, 8)]
    for writer in writers:
        _, errors = writer.communicate()
        assert writer.returncode == 0, errors
    assert tool.labels(file) == {f"k{n}" for n in range(4, 8)}
    only(folder, "set.btfset")


def waits_and_looks_again(tool):
    """The set that is replaced while a writer waits for its lock is not the one it changes."""
    folder = fresh(tool, "waits")
    file = folder / "set.btfset"
    tool.must("add", file, tool.kernel(0))
    other = tool.folder / "other.btfset"
    tool.must("add", other, tool.kernel(1))
    with open(file, "rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        writer = tool.start("add", file, tool.kernel(2))
        time.sleep(0.3)
        assert writer.poll() is None, "it did not wait"
        os.rename(other, file)
    _, errors = writer.communicate()
    assert writer.returncode == 0, errors
    assert tool.labels(file) == {"k1", "k2"}


def readers_do_not_wait(tool):
    folder = fresh(tool, "readers")
    file = folder / "set.btfset"
    tool.must("add", file, tool.kernel(0))
    with open(file, "rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        done = subprocess.run(tool.command("list", file), capture_output=True, timeout=20,
                              check=False)
        assert done.returncode == 0


def full_disk(tool):
    folder = fresh(tool, "small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    file = folder / "set.btfset"
    tool.must("add", file, tool.kernel(0))
    before = file.read_bytes()
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)) > 0:
                pass
        except OSError:
            pass
    for change in (("add", file, tool.kernel(1)), ("remove", file, "k0"),
                   ("add", folder / "new.btfset", tool.kernel(1))):
        done = tool.run(*change)
        assert done.returncode == 2, f"{change}: {done.returncode}"
        assert "error[io]" in done.stderr and "No space left" in done.stderr, done.stderr
        assert done.stdout == "", done.stdout
        assert file.read_bytes() == before
        only(folder, "filler", "set.btfset")
    os.unlink(folder / "filler")
    tool.must("add", file, tool.kernel(1))
    assert tool.labels(file) == {"k0", "k1"}


def interrupted(tool, number, may_leave_temporary):
    """At any moment: before, while or after the file is written."""
    chance = random.Random(7)
    folder = fresh(tool, "interrupted")
    file = folder / "set.btfset"
    tool.must("add", file, tool.kernel(0))
    before = file.read_bytes()
    start = time.monotonic()
    tool.must("add", file, tool.kernel(1))
    takes = time.monotonic() - start
    after = file.read_bytes()
    ended = {True: 0, False: 0}
    for _ in range(60):
        file.write_bytes(before)
        writer = tool.start("add", file, tool.kernel(1))
        time.sleep(chance.uniform(0, 1.2 * takes))
        writer.send_signal(number)
        writer.communicate()
        ended[writer.returncode == 0] += 1
        now = file.read_bytes()
        assert now in (before, after), "neither the old set nor the new one"
        assert writer.returncode != 0 or now == after, "it said that it was done"
        if may_leave_temporary:
            for name in set(os.listdir(folder)) - {"set.btfset"}:
                os.unlink(folder / name)
        else:
            only(folder, "set.btfset")
    assert ended[False] > 0, "no writer was interrupted"


def links_modes_and_owners(tool):
    folder = fresh(tool, "links")
    (folder / "real").mkdir()
    real = folder / "real" / "set.btfset"
    link = folder / "link.btfset"
    link.symlink_to("real/set.btfset")
    tool.must("add", link, tool.kernel(0))
    assert link.is_symlink() and not real.is_symlink() and real.is_file(), "a link to a new set"
    os.chmod(real, 0o640)
    can_give_away = os.geteuid() == 0
    if can_give_away:
        try:
            os.chown(real, 1, 1)
        except OSError:  # in a user namespace there is nobody else
            can_give_away = False
    tool.must("add", link, tool.kernel(1))
    assert link.is_symlink()
    status = real.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640, oct(status.st_mode)
    assert not can_give_away or (status.st_uid, status.st_gid) == (1, 1), status
    assert tool.labels(real) == {"k0", "k1"}
    only(folder / "real", "set.btfset")
    only(folder, "link.btfset", "real")


def enter_namespace():
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    for how in (["--mount"], ["--mount", "--user", "--map-root-user"]):
        if subprocess.run(["unshare", *how, "true"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", ["unshare", *how, sys.executable, *sys.argv])
    print("skipped: no mount namespace is to be had")
    sys.exit(SKIPPED)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True, type=os.path.abspath)
    arguments = parser.parse_args()
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(arguments.btfreloc, Path(folder))
        cases = [many_make_a_set, some_add_and_some_remove, waits_and_looks_again,
                 readers_do_not_wait, links_modes_and_owners,
                 lambda tool: interrupted(tool, signal.SIGINT, False),
                 lambda tool: interrupted(tool, signal.SIGTERM, False),
                 lambda tool: interrupted(tool, signal.SIGKILL, True), full_disk]
        try:
            for case in cases:
                case(tool)
        finally:
            subprocess.run(["umount", "-q", Path(folder) / "small"], check=False,
                           stderr=subprocess.DEVNULL)
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
