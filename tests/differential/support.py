"""What the differential tests share: finding inputs, running tools, skipping with a reason."""

import json
import lzma
import os
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def tool(*names):
    """The first of these programs that is installed; skips the test when none is."""
    for name in names:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
        if path:
            return path
    return skip(f"none of {', '.join(names)} is installed")


def corpus(*parts):
    """A folder of the corpus; skips the test when it is absent."""
    root = os.environ.get("BTFRELOC_CORPUS")
    if not root:
        skip("BTFRELOC_CORPUS is not set; it names a folder of kernels and objects")
    folder = Path(root, *parts)
    if not folder.is_dir():
        skip(f"{folder} is absent")
    return folder


def own_objects():
    folder = Path(__file__).resolve().parents[2] / "testdata" / "objects"
    return sorted(folder.glob("*.o")) + sorted(folder.glob("bench/*.o"))


def all_objects():
    """Ours, and those of the corpus where there is one."""
    objects = own_objects()
    root = os.environ.get("BTFRELOC_CORPUS")
    if root:
        objects += sorted(Path(root, "objects").rglob("*.o"))
    else:
        print("note: BTFRELOC_CORPUS is not set, only testdata/objects is compared")
    return objects


def output(*command):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                           + done.stderr.decode(errors="replace"))
    return done.stdout


def dump_json(btfreloc, path):
    return json.loads(output(btfreloc, "dump", "--json", path))


def read_xz(path):
    with lzma.open(path) as file:
        return file.read()


class Comparison:
    """Counts what was compared; prints the first differences; fails when nothing was compared."""

    MOST_SHOWN = 20

    def __init__(self, what):
        self.what = what
        self.compared = 0
        self.different = 0

    def check(self, ours, theirs, where):
        self.compared += 1
        if ours == theirs:
            return True
        self.different += 1
        if self.different <= self.MOST_SHOWN:
            print(f"{where}\n  ours:   {ours}\n  theirs: {theirs}")
        return False

    def finish(self):
        print(f"{self.compared} {self.what} compared, {self.different} differences")
        if self.compared == 0:
            print("nothing was compared: that is a failure")
        sys.exit(0 if self.compared > 0 and self.different == 0 else 1)
