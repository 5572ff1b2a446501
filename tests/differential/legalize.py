#!/usr/bin/env python3
"""What `btfreloc legalize` writes is what it promises.

objects: every object, for releases of Linux from 4.18 to 7.1: the result is valid there, legalized
         once more it is the same, no section but .BTF differs, and every relocation is decided on
         kernels as before. Or it refuses, because relocations go through what has to change; then
         an object whose relocations were applied is taken.
loaded:  the BTF of every object, legalized for each release, is loaded by the running kernel, which
         takes all that older ones take.
"""

import argparse
import ctypes
import json
import os
import re
import struct
import subprocess
import tempfile
from pathlib import Path

import support

VERSIONS = ("4.18", "5.1", "5.4", "5.10", "5.15", "5.17", "6.1", "6.8", "7.1")
# For the comparison of decisions: one release before everything that clang 15 and later write.
DECIDED_FOR = "5.10"
KERNELS = ("amd64/5.10.0-46-cloud-amd64", "amd64/6.12.117+deb13-cloud-amd64",
           "s390x/6.12.107+deb13-s390x")
# No BTF, or several blobs: legalize says so. linked_b has functions that linked_a supplies.
NOT_FOR_LEGALIZE = {"no_btf", "concatenated", "linked_b"}


def run(*command):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)


def objects():
    root = Path(__file__).resolve().parents[2] / "testdata"
    found = support.all_objects()
    for folder in ("pass", "rust"):
        found += sorted((root / folder).glob("*.o"))
    return [path for path in found if path.name.split(".")[0] not in NOT_FOR_LEGALIZE]


def sections(path):
    """Name, type, flags, link, info and bytes of every section of a 64-bit ELF file."""
    data = Path(path).read_bytes()
    order = "<" if data[5] == 1 else ">"
    at, = struct.unpack_from(order + "Q", data, 40)
    size, count, names = struct.unpack_from(order + "HHH", data, 58)
    headers = [struct.unpack_from(order + "IIQQQQIIQQ", data, at + i * size) for i in range(count)]
    table = headers[names][4]
    found = []
    for name, kind, flags, _, offset, length, link, info, _, _ in headers:
        text = data[table + name:data.index(b"\0", table + name)].decode()
        no_bits = 8
        content = b"" if kind == no_bits else data[offset:offset + length]
        found.append((text, kind, flags, link, info, content))
    return found


def decisions(btfreloc, path, kernel):
    """By relocation: what became of it, for both rules."""
    found = []
    for flags in ([], ["--compat=libbpf"]):
        done = run(btfreloc, "relocate", path, "-k", kernel, "--json", *flags)
        if done.returncode > 1:
            return None  # of the other byte order
        for record in json.loads(done.stdout)["relocations"]:
            found.append([record[key] for key in ("id", "outcome", "old", "new", "before", "after",
                                                  "reason")])
    return found


def has_too_many_strings(done):
    """64 KiB before 5.5: nothing but the user can make them fewer."""
    return done.returncode == 1 and b"error[strings-size]" in done.stderr


def compare_legal(comparison, btfreloc, path, legal, version, scratch):
    where = f"{path.name} for {version}"
    valid = run(btfreloc, "validate", legal, "--for", version)
    comparison.check(f"{valid.returncode} {valid.stderr.decode()}", "0 ", f"{where}: valid")
    again = scratch / "again.o"
    support.output(btfreloc, "legalize", legal, "--for", version, "-o", again)
    comparison.check(again.read_bytes() == legal.read_bytes(), True, f"{where}: twice")
    for before, after in zip(sections(path), sections(legal), strict=True):
        if before[0] != ".BTF":
            comparison.check(after == before, True, f"{where}: section {before[0]}")


def compare_object(comparison, btfreloc, path, version, kernels, scratch):
    """Returns whether legalize refused."""
    legal = scratch / "legal.o"
    done = run(btfreloc, "legalize", path, "--for", version, "-o", legal)
    if done.returncode == 0:
        compare_legal(comparison, btfreloc, path, legal, version, scratch)
        if version == DECIDED_FOR:
            for kernel in kernels:
                comparison.check(decisions(btfreloc, legal, kernel),
                                 decisions(btfreloc, path, kernel), f"{path.name}: decisions")
        return False
    if has_too_many_strings(done):
        return False
    comparison.check(b"error[needs-relocate-first]" in done.stderr, True,
                     f"{path.name} for {version}: {done.stderr.decode()}")
    for kernel in kernels:
        relocated = scratch / "relocated.o"
        if run(btfreloc, "relocate", path, "-k", kernel, "-o", relocated).returncode == 0:
            done = run(btfreloc, "legalize", relocated, "--for", version, "-o", legal)
            if has_too_many_strings(done):
                continue
            comparison.check(done.returncode, 0, f"{path.name} for {version}, relocated")
            compare_legal(comparison, btfreloc, relocated, legal, version, scratch)
    return True


def compare_objects(btfreloc, scratch):
    kernels = []
    for name in KERNELS:
        kernels.append(scratch / (Path(name).name + ".btf"))
        kernels[-1].write_bytes(support.read_xz(support.corpus("kernels") / f"{name}.btf.xz"))
    comparison = support.Comparison("facts")
    refused = 0
    for path in objects():
        own = os.environ.get("BTFRELOC_CORPUS", "\0") not in str(path)
        for version in VERSIONS if own else (DECIDED_FOR,):
            refused += compare_object(comparison, btfreloc, path, version, kernels, scratch)
    print(f"{refused} refused before their relocations were applied")
    if refused == 0:
        print("nothing was refused: that is a failure")
        comparison.different += 1
    comparison.finish()


LOG_SIZE = 1 << 24  # bytes; the kernel refuses what it cannot log whole


def kernel_loads(libbpf, blob):
    """The last line of the kernel's log, "" when it takes the blob."""
    log = ctypes.create_string_buffer(LOG_SIZE)
    # struct bpf_btf_load_opts of libbpf 1.1: sz, log_buf, log_level, log_size.
    options = struct.pack("@NPII", 24, ctypes.addressof(log), 1, LOG_SIZE)
    buffer = ctypes.create_string_buffer(options, len(options))
    fd = libbpf.bpf_btf_load(blob, ctypes.c_size_t(len(blob)), buffer)
    if fd >= 0:
        os.close(fd)
        return ""
    lines = log.value.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else os.strerror(-fd)


def placed_by_loader(text):
    """Raw BTF text of an object with places for variables, which its loader would know from the ELF
    file, and without the sections that the loader writes anew."""
    lines = []
    integer = re.search(r"\[(\d+)\] INT", text)
    for line in text.splitlines():
        section = re.fullmatch(r"(\[\d+\]) DATASEC '(.*)' size=\d+ vlen=(\d+)", line)
        variable = re.fullmatch(r"\ttype_id=(\d+) offset=\d+ size=(\d+) .*", line)
        if section and section[2] in (".ksyms", ".kconfig"):
            is_kept = False
            lines.append(f"{section[1]} STRUCT '(anon)' size=0 vlen=0")
        elif section:
            is_kept, end, header = True, 0, len(lines)
            lines.append(f"{section[1]} DATASEC '{section[2]}' size=1 vlen={section[3]}")
        elif variable and is_kept:
            lines.append(f"\ttype_id={variable[1]} offset={end} size={variable[2]}")
            end += int(variable[2])
            lines[header] = re.sub(r"size=\d+", f"size={end}", lines[header])
        elif re.fullmatch(r"\[\d+\] VAR .*, linkage=extern", line):
            lines.append(re.sub(r" type_id=\d+,", f" type_id={integer[1]},", line))
        elif not variable:
            lines.append(line)
    return "\n".join(lines) + "\n"


def compare_loaded(btfreloc, scratch):
    try:
        libbpf = ctypes.CDLL("libbpf.so.1")
    except OSError:
        support.skip("no libbpf.so.1")
    native = "little endian" if struct.pack("=H", 1) == b"\1\0" else "big endian"
    sample = scratch / "sample.btf"
    (scratch / "sample.txt").write_text(
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n")
    support.output(btfreloc, "encode", scratch / "sample.txt", "-o", sample)
    if kernel_loads(libbpf, sample.read_bytes()):
        support.skip("BTF cannot be loaded here: it takes root and CONFIG_DEBUG_INFO_BTF")
    comparison = support.Comparison("loads")
    for path in objects():
        if native not in support.output(btfreloc, "dump", path).decode().splitlines()[0]:
            continue
        raw, legal = scratch / "raw.btf", scratch / "legal.btf"
        text = support.output(btfreloc, "dump", "--raw", path).decode()
        (scratch / "raw.txt").write_text(placed_by_loader(text))
        support.output(btfreloc, "encode", scratch / "raw.txt", "-o", raw)
        for version in VERSIONS[:-1]:
            done = run(btfreloc, "legalize", raw, "--for", version, "-o", legal)
            if has_too_many_strings(done):
                continue
            comparison.check(done.returncode, 0, f"{path.name}: {done.stderr.decode()}")
            comparison.check(kernel_loads(libbpf, legal.read_bytes()), "",
                             f"{path.name} for {version}")
    comparison.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("what", choices=["objects", "loaded"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.what == "objects":
            compare_objects(arguments.btfreloc, Path(scratch))
        else:
            compare_loaded(arguments.btfreloc, Path(scratch))


if __name__ == "__main__":
    main()
