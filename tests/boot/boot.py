#!/usr/bin/env python3
"""Boots kernels under qemu; in each, kernel_values relocates an object, loads it and compares, and
blacklist_loads does the same with the program of xdp-blacklist and sends it packets.

Kernels are Debian's cloud kernels 6.1 and 6.12, fetched with apt-get download and never installed,
and those that the environment variable BTFRELOC_BOOT_KERNELS names: paths of vmlinuz files,
separated by colons. Prints a row per kernel; of one that fails, also the end of its console.
"""

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OBJECT = HERE.parents[1] / "testdata" / "objects" / "kernel_values.bpfel.o"

# Packages of Debian 12 that depend on the newest kernel of their series.
PACKAGES = ("linux-image-cloud-amd64", "linux-image-6.12-cloud-amd64")
DEADLINE = 120  # seconds for one kernel; it takes 3 to 6
SHOWN_ON_FAILURE = 40  # lines
SKIPPED = 77

# Software emulation: under nested virtualization, which KVM may be here, Debian's kernels stall.
QEMU = ("qemu-system-x86_64 -accel tcg -machine pc -cpu max -smp 1 -m 512M -no-reboot -nodefaults "
        "-display none -serial stdio -monitor none -nic none").split()
COMMAND_LINE = "console=ttyS0 panic=-1 quiet loglevel=4"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def output(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options).stdout.decode()


def newest_image(package):
    """The package with the kernel that this one stands for; None where there is no such thing."""
    try:
        found = re.search(r"Depends: (linux-image-(\S+))", output("apt-cache", "depends", package))
    except (OSError, subprocess.CalledProcessError):
        return None
    return found and found.groups()


def fetch(package, release, kernel):
    """Puts the vmlinuz of the package at `kernel`."""
    with tempfile.TemporaryDirectory(dir=kernel.parent) as scratch:
        output("apt-get", "download", "-q", package, cwd=scratch)
        archive = next(Path(scratch).glob("*.deb"))
        with subprocess.Popen(["dpkg", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as files:
            output("tar", "-x", "-C", scratch, f"./boot/vmlinuz-{release}", stdin=files.stdout)
        Path(scratch, "boot", f"vmlinuz-{release}").replace(kernel)


def debian_kernels(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        image = newest_image(package)
        if image is None:
            print(f"note: apt-cache knows no {package}")
            continue
        name, release = image
        kernel = folder / f"vmlinuz-{release}"
        if not kernel.exists():
            try:
                fetch(name, release, kernel)
            except subprocess.CalledProcessError as error:
                print(f"note: cannot fetch {name}: {error.stderr.decode(errors='replace').strip()}")
                continue
        yield kernel


def libraries_of(program):
    """What the dynamic loader will look for, the loader itself included."""
    return re.findall(r"(/\S+) \(0x", output("ldd", program))


class Archive:
    """An initramfs. Source: Documentation/driver-api/early-userspace/buffer-format.rst."""

    def __init__(self):
        self.data = bytearray()
        self.names = set()

    def _add(self, name, mode, content=b"", device=(0, 0)):
        encoded = name.encode() + b"\0"
        fields = (len(self.names) + 1, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        self.data += b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self.data += b"\0" * (-len(self.data) % 4) + content
        self.data += b"\0" * (-len(self.data) % 4)
        self.names.add(name)

    def folder(self, path):
        for folder in (*reversed(Path(path).parents), Path(path)):
            name = str(folder).lstrip("/")
            if name not in ("", ".") and name not in self.names:
                self._add(name, stat.S_IFDIR | 0o755)

    def file(self, path, content):
        self.folder(Path(path).parent)
        self._add(path.lstrip("/"), stat.S_IFREG | 0o755, content)

    def console(self):
        self.folder("/dev")
        self._add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))

    def finish(self):
        self._add("TRAILER!!!", 0)
        return bytes(self.data)


def initramfs(programs, busybox):
    """`programs` are run in this order: each a path, and that of the object it gets."""
    archive = Archive()
    archive.console()
    archive.folder("/proc")
    archive.folder("/sys")
    archive.file("/init", (HERE / "init.sh").read_bytes())
    archive.file("/bin/busybox", Path(busybox).read_bytes())
    for program, bpf_object in programs:
        archive.file(f"/tests/{program.name}", program.read_bytes())
        archive.file(f"/objects/{program.name}", bpf_object.read_bytes())
    for library in {library for program, _ in programs for library in libraries_of(program)}:
        archive.file(library, Path(library).read_bytes())
    return archive.finish()


def boot(kernel, archive):
    """The console of the kernel until it turns itself off, or its time is up."""
    command = [*QEMU, "-kernel", kernel, "-initrd", archive, "-append", COMMAND_LINE]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=DEADLINE, check=False)
        console, end = done.stdout, ""
    except subprocess.TimeoutExpired as error:
        console, end = error.stdout or b"", f"no end after {DEADLINE} s\n"
    return console.decode(errors="replace").replace("\r", "") + end


def row(kernel, console, seconds, programs):
    """Prints a row; True when everything held in all programs."""
    release = re.search(r"^RELEASE (\S+)", console, re.MULTILINE)
    passed = re.findall(r"^RESULT PASS (\d+) facts\nSTATUS 0$", console, re.MULTILINE)
    held = len(passed) == programs
    print(f"{release[1] if release else kernel.name:40} {sum(map(int, passed)):5} facts "
          f"{seconds:6.1f} s  {'PASS' if held else 'FAIL'}", flush=True)
    for verified in re.findall(r"^ok +(.* instructions verified.*)", console, re.MULTILINE):
        print(f"    {verified}")
    if not held:
        failed = [line for line in console.splitlines() if line.startswith("FAIL")]
        for line in failed[:SHOWN_ON_FAILURE] + console.splitlines()[-SHOWN_ON_FAILURE:]:
            print(f"    {line}")
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel-values", type=Path, required=True, help="the program")
    parser.add_argument("--blacklist-loads", type=Path, help="the program")
    parser.add_argument("--blacklist", type=Path, help="the object it loads")
    parser.add_argument("--folder", type=Path, required=True, help="where fetched kernels stay")
    arguments = parser.parse_args()
    if os.uname().machine != "x86_64":
        skip("the kernels are for x86_64, and so is kernel_values where it is tested")
    for tool in (QEMU[0], "busybox"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed; ./dev setup boot installs it")

    kernels = [*debian_kernels(arguments.folder),
               *map(Path, filter(None, os.environ.get("BTFRELOC_BOOT_KERNELS", "").split(":")))]
    if not kernels:
        skip("no kernel: apt-get fetches none and BTFRELOC_BOOT_KERNELS names none")
    programs = [(arguments.kernel_values, OBJECT)]
    if arguments.blacklist_loads:
        programs.append((arguments.blacklist_loads, arguments.blacklist))
    held = True
    with tempfile.NamedTemporaryFile(suffix=".cpio") as archive:
        archive.write(initramfs(programs, shutil.which("busybox")))
        archive.flush()
        for kernel in kernels:
            start = time.monotonic()
            console = boot(kernel, archive.name)
            held &= row(kernel, console, time.monotonic() - start, len(programs))
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
