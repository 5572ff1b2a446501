#!/usr/bin/env python3
"""Adds Debian's kernel packages of several architectures to a set, and compares what the set gives
back with the BTF that this script finds in them by itself: the bytes must be the same.

Packages are fetched by name with apt-get download, from the Debian archive that this machine uses,
into a directory of their own, and never installed. Of each architecture apt gets a state of its own,
so that nothing changes for the machine.
"""

import argparse
import bz2
import json
import lzma
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import time
import zlib
from pathlib import Path

KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIN_BTF = 100_000  # bytes; kernels have some megabytes
MODULES_COMPARED = 25
SKIPPED = 77

# Architecture, release of Debian, package that depends on the kernel's, and whether that has BTF.
PACKAGES = (
    ("amd64", "bookworm", "linux-image-cloud-amd64", True),  # bzImage, lz4
    ("arm64", "bookworm", "linux-image-cloud-arm64", True),  # Image, not packed
    ("s390x", "trixie", "linux-image-s390x", True),  # zstd, and big endian
    ("s390x", "bookworm", "linux-image-s390x", False),
)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def output(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options).stdout


def debian_archive():
    """The address of the Debian archive that apt uses here; None where it uses none."""
    try:
        lines = output("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)",
                       "Created-By: Packages").decode().splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    found = [line.split()[2] for line in lines if line.startswith("Debian Debian ")]
    return found[0] if found else None


class Apt:
    """apt for one architecture and release."""

    def __init__(self, folder, archive, arch, release):
        self.folder = folder / f"apt-{arch}-{release}"
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        sources = self.folder / "sources.list"
        signed = f" signed-by={KEYS}" if KEYS.exists() else ""
        sources.write_text(f"deb [arch={arch}{signed}] {archive} {release} main\n")
        settings = {
            "Dir::State": self.folder, "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status", "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-",
            "APT::Architecture": arch, "APT::Architectures": arch, "APT::Sandbox::User": "root",
        }
        self.options = [word for item in settings.items() for word in ("-o", "%s=%s" % item)]

    def fetch(self, meta):
        """The path of the kernel package that `meta` depends on."""
        output("apt-get", *self.options, "update", "-q")
        depends = output("apt-cache", *self.options, "depends", meta).decode()
        package = re.search(r"Depends: (linux-image-\S+)", depends)[1]
        before = next(self.folder.glob(f"{package}_*.deb"), None)
        if before is None:
            output("apt-get", *self.options, "download", "-q", package, cwd=self.folder)
        return package, next(self.folder.glob(f"{package}_*.deb"))


def files_of(package, wanted):
    """Content of the files of a package whose path `wanted` takes, by path."""
    with subprocess.Popen(["dpkg", "--fsys-tarfile", package], stdout=subprocess.PIPE) as files:
        with tarfile.open(fileobj=files.stdout, mode="r|") as archive:
            return {entry.name: archive.extractfile(entry).read() for entry in archive
                    if entry.isfile() and wanted(entry.name)}


def btf_at(data, at):
    """The size of the BTF at a place, 0 where there is none. Goes through all types."""
    order = {b"\x9f\xeb": "<", b"\xeb\x9f": ">"}.get(data[at:at + 2])
    if order is None or at + 24 > len(data):
        return 0
    header = struct.unpack_from(order + "HBBIIIII", data, at)
    _, version, _, header_size, types, types_size, strings, strings_size = header
    size = header_size + max(types + types_size, strings + strings_size)
    if version != 1 or header_size < 24 or size > len(data) - at or strings_size == 0:
        return 0
    place, end = at + header_size + types, at + header_size + types + types_size
    while place + 12 <= end:
        name, info, _ = struct.unpack_from(order + "III", data, place)
        kind, count = info >> 24 & 31, info & 0xffff
        if not 1 <= kind <= 19 or name >= strings_size:
            return 0
        place += 12 + {1: 4, 3: 12, 14: 4, 17: 4}.get(kind, 0)
        place += {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}.get(kind, 0) * count
    return size if place == end else 0


def btf_among(data):
    """The largest BTF in some bytes."""
    best = b""
    for magic in (b"\x9f\xeb\x01\x00", b"\xeb\x9f\x01\x00"):
        at = data.find(magic)
        while at >= 0:
            size = btf_at(data, at)
            if size >= max(MIN_BTF, len(best)):
                best = data[at:at + size]
            at = data.find(magic, at + 1)
    return best


def piped(*command):
    def unpack(data):
        return subprocess.run(command, input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
    return unpack


UNPACKERS = {
    b"\x1f\x8b\x08": lambda data: zlib.decompressobj(31).decompress(data),
    b"\xfd7zXZ\x00": lambda data: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data),
    b"\x28\xb5\x2f\xfd": piped("zstd", "-dcq", "--long=31"),
    b"\x02\x21\x4c\x18": piped("lz4", "-dcq"),
    b"BZh9": lambda data: bz2.BZ2Decompressor().decompress(data),
}


def btf_of_image(image):
    """The BTF of a kernel, wherever in the image it is; b"" when there is none."""
    found = btf_among(image)
    for magic, unpack in UNPACKERS.items():
        at = image.find(magic)
        while at >= 0 and not found:
            try:
                found = btf_among(unpack(image[at:]))
            except (zlib.error, lzma.LZMAError, OSError, ValueError):
                pass
            at = image.find(magic, at + 1)
    return found


def btf_section(module):
    """The section .BTF of an ELF file of 64 bits; b"" when there is none."""
    order = "<" if module[5] == 1 else ">"
    table, = struct.unpack_from(order + "Q", module, 0x28)
    entry, count, names = struct.unpack_from(order + "HHH", module, 0x3a)
    sections = [struct.unpack_from(order + "IIQQQQ", module, table + i * entry)
                for i in range(count)]
    for name, _, _, _, offset, size in sections:
        start = sections[names][4] + name
        if module[start:module.index(b"\0", start)] == b".BTF":
            return module[offset:offset + size]
    return b""


class Check:
    """One set, and what must be in it."""

    def __init__(self, btfreloc, folder):
        self.btfreloc = btfreloc
        self.folder = folder
        self.set = folder / "packages.btfset"
        self.set.unlink(missing_ok=True)
        self.failures = 0

    def expect(self, holds, what):
        if not holds:
            self.failures += 1
            print(f"  FAIL {what}")

    def kernels(self, *arguments):
        return subprocess.run([self.btfreloc, "kernels", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)

    def extracted(self, address):
        done = self.kernels("extract", self.set, address, "--exact", "-o", "-")
        self.expect(done.returncode == 0, f"extract {address}: {done.stderr.decode()}")
        return done.stdout

    def add(self, package, release):
        start = time.monotonic()
        added = self.kernels("add", self.set, package, "--keep-ids")
        seconds = time.monotonic() - start
        self.expect(added.returncode == 0, f"add {package.name}: {added.stderr.decode()}")
        if added.returncode != 0:
            return

        image = files_of(package, re.compile(r"^\./boot/vmlinu[xz]-").match)
        own = btf_of_image(*image.values())
        failures = self.failures
        self.expect(len(own) > 1_000_000, f"{release}: this script finds no BTF")
        self.expect(self.extracted(release) == own, f"{release}: other bytes than in the image")
        compared = self.compare_modules(package, release)
        same = "same" if failures == self.failures else "FAIL"
        print(f"{release:34} {len(own):8} bytes, and {compared} modules: {same}   {seconds:5.1f} s",
              flush=True)

    def compare_modules(self, package, release):
        modules = files_of(package, re.compile(r".*/kernel/(net|fs)/.*\.ko(\.xz)?$").match)
        compared = 0
        for path in sorted(modules)[::max(1, len(modules) // MODULES_COMPARED)]:
            module = lzma.decompress(modules[path]) if path.endswith(".xz") else modules[path]
            name = Path(path).name.split(".")[0].replace("-", "_")
            own = btf_section(module)
            if own:
                self.expect(self.extracted(f"{release}/{name}") == own,
                            f"{release}/{name}: other bytes than in the module")
                compared += 1
        self.expect(compared > 5, f"{release}: {compared} modules with BTF")
        return compared

    def refuse(self, package, release):
        before = self.set.read_bytes()
        added = self.kernels("add", self.set, package)
        errors = added.stderr.decode()
        self.expect(added.returncode == 2, f"{release}: status {added.returncode}")
        self.expect(f"kernel {release} " in errors and "CONFIG_DEBUG_INFO_BTF" in errors,
                    f"{release}: does not say why it has no BTF: {errors}")
        self.expect(self.set.read_bytes() == before, f"{release}: the set has changed")
        print(f"{release:34} has no BTF, and is refused")

    def listed(self, releases):
        listed = self.kernels("list", self.set, "--json")
        self.expect(listed.returncode == 0, f"list: {listed.stderr.decode()}")
        kernels = {kernel["label"]: kernel for kernel in json.loads(listed.stdout)["kernels"]}
        self.expect(sorted(kernels) == sorted(releases), f"the set has {sorted(kernels)}")
        for release, version in releases.items():
            found = kernels.get(release, {})
            self.expect(found.get("version") == version, f"{release}: version {found}")
            self.expect(found.get("distribution") == "debian", f"{release}: {found}")
        verified = self.kernels("verify", self.set)
        self.expect(verified.returncode == 0, f"verify: {verified.stdout.decode()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", type=Path, required=True, help="the program")
    parser.add_argument("--folder", type=Path, required=True, help="where packages stay")
    arguments = parser.parse_args()
    for tool in ("apt-get", "dpkg", "zstd", "lz4"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed; ./dev setup boot installs it on Debian")
    archive = debian_archive()
    if archive is None:
        skip("apt uses no archive of Debian here")

    arguments.folder.mkdir(parents=True, exist_ok=True)
    check = Check(arguments.btfreloc.resolve(), arguments.folder.resolve())
    releases = {}
    for arch, debian, meta, has_btf in PACKAGES:
        try:
            name, package = Apt(check.folder, archive, arch, debian).fetch(meta)
        except subprocess.CalledProcessError as error:
            skip(f"cannot fetch {meta} of {arch}: {error.stderr.decode(errors='replace').strip()}")
        release = name.removeprefix("linux-image-")
        if has_btf:
            releases[release] = package.name.split("_")[1].split("-")[0]
            check.add(package, release)
        else:
            check.refuse(package, release)
    check.listed(releases)
    sys.exit(1 if check.failures else 0)


if __name__ == "__main__":
    main()
