#!/usr/bin/env python3
"""What `btfreloc header` writes takes the place of vmlinux.h.

used-by:  each object of testdata/objects compiles again from `--used-by` of itself to an object with
          the same relocations, which come to the same on other kernels. Declarations of kernel
          types that a source has itself are taken out of it.
samples:  the same of sources that include vmlinux.h and libbpf's headers: tests/differential/header
bench:    the same of the benchmark objects; bench-every: of the largest, too
whole:    with the header of a whole kernel b200 compiles to the same as with bpftool's
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import c_declarations
import support

SAMPLES = Path(__file__).resolve().parent / "header"
SOURCES = Path(__file__).resolve().parents[2] / "testdata" / "objects"
CPU = {"isa_v1": "v1", "isa": "v4", "relocations_v4": "v4", "kernel_values": "v4"}
LIKE_V3 = [word for name in ("bswap", "gotol", "ldsx", "movsx", "sdiv-smod")
           for word in ("-mllvm", f"-disable-{name}")]

# By byte order: the kernel of the header, and others.
KERNELS = {
    "bpfel": ["amd64/6.12.117+deb13-cloud-amd64", "amd64/5.10.0-46-cloud-amd64",
              "amd64/7.1.13+deb13-amd64"],
    "bpfeb": ["s390x/6.12.107+deb13-s390x"],
}

# Structs that sources declare otherwise than the kernel on purpose, and which stay their own:
# arrays have one dimension in BTF, and cred.usage is neither an int nor, of late, 4 bytes.
OWN_STRUCTS = {"relocations": {"lru_gen_folio", "cred"}, "linked_b": {"cred"}}

# An enumerator stands in a line that no instruction is left of.
NEED_SOURCE = {"packets.bpf.c"}

# As in testdata/objects/build.sh.
FLAGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-O2", "-g",
         # Declarations of a source's own often lack the kernel's const.
         "-Wno-incompatible-pointer-types-discards-qualifiers", "-Wno-unused-variable"]


class Kernels:
    """Paths of unpacked kernels, each unpacked once."""

    def __init__(self, scratch):
        self.scratch = Path(scratch)

    def path(self, name):
        path = self.scratch / (name.replace("/", "-") + ".btf")
        if not path.exists():
            path.write_bytes(support.read_xz(support.corpus("kernels") / f"{name}.btf.xz"))
        return path


def compile_object(source, out, target, cpu, *flags):
    """Runs clang; its messages when it fails."""
    done = subprocess.run([support.tool("clang-19"), *FLAGS, "-target", target, f"-mcpu={cpu}",
                           *flags, "-c", source.name, "-o", out], cwd=source.parent,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    return None if done.returncode == 0 else done.stdout


def in_order(relocations):
    """Where a bitfield lies, and so the code that reads it at once, is another matter in the kernel's
    declaration than in a source's own: of such programs, the places of relocations are left out."""
    return sorted(relocation if relocation[0] != "plain_read" else
                  (relocation[0], -1, *relocation[2:]) for relocation in relocations)


def names_of_relocations(btfreloc, path):
    """Relocations by what they ask for; where in their struct it is, pruning may change."""
    keys = ("program", "insn", "kind", "root", "path")
    return in_order(tuple(relocation[key] for key in keys)
                    for relocation in support.dump_json(btfreloc, path)["relocations"])


def outcomes(btfreloc, path, kernel):
    done = subprocess.run([btfreloc, "relocate", path, "-k", kernel, "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode > 1:
        return []  # without relocations
    # Ids of the object's own types are new ones.
    keys = ("program", "insn", "kind", "root", "path", "outcome", "new", "reason")
    return in_order(tuple(relocation[key] for key in keys)
                    for relocation in json.loads(done.stdout)["relocations"]
                    if relocation["kind"] != "local_type_id")


def changes(btfreloc, path, kernel):
    """What the kernel of its header makes of an object: nothing, when everything is where the header
    says. (bpftool's header has struct inode 8 bytes too long here.)"""
    report = json.loads(support.output(btfreloc, "relocate", path, "-k", kernel, "--json"))
    return [(relocation["id"], relocation["path"], relocation["old"], relocation["new"])
            for relocation in report["relocations"]
            if relocation["old"] != relocation["new"] and not relocation["kind"].endswith("type_id")]


def first_difference(ours, theirs):
    """What differs first of two lists, with its place; (None, None) when nothing does."""
    for i, (our, their) in enumerate(zip(ours, theirs)):
        if our != their:
            return (i, our), (i, their)
    longer = (len(ours), len(theirs))
    return (None, None) if longer[0] == longer[1] else longer


def header(btfreloc, kernel, out, *arguments):
    """Writes a header, and returns what standard error says."""
    done = subprocess.run([btfreloc, "header", *arguments, "-k", kernel, "-o", out],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    if done.returncode > 1:
        raise RuntimeError(f"btfreloc header {arguments}: {done.stderr}")
    return done.stderr


def missing(messages):
    """[(tag, type, member or enumerator)] of the warnings of --used-by."""
    return re.findall(r"^warning\[missing-member\].* has no `(\w+) (\w+)(?:\.|: )(\w+)",
                      messages, re.MULTILINE)


def prepare_sources(folder, header_text, own):
    """All sources without what the header declares; they include it before anything else. The structs
    `own` stay as they are, and the header's get other names."""
    names = c_declarations.defined_in(header_text) - {f"struct {name}" for name in own}
    include = "".join(f"#define {name} {name}___of_kernel\n" for name in own)
    include += '#include "vmlinux.h"\n'
    include += "".join(f"#undef {name}\n" for name in own)
    for path in [*SOURCES.glob("*.c"), *SOURCES.glob("*.h")]:
        text = c_declarations.without(path.read_text(), names)
        (folder / path.name).write_text(include + text if path.suffix == ".c" else text)


def drop_enumerators(source, names):
    """Takes out what a source asks of enumerators that the kernel lacks."""
    text = source.read_text()
    for name in names:
        text = re.sub(rf"core_enum_value(_exists)?\([^()]*\b{name}\)", "0", text)
    source.write_text(text)


def objects_of(target):
    for path in sorted(SOURCES.glob(f"*.{target}.o")):
        name = path.name.removesuffix(f".{target}.o")
        # Of these, one source is not what it was made from.
        if name not in ("linked", "concatenated", "no_btf"):
            yield name, path


def check_object(btfreloc, kernels, target, name, path, folder, comparison):
    """Recompiles the object from the header that it needs."""
    where = f"{name}.{target}.o"
    first, *others = [kernels.path(kernel) for kernel in KERNELS[target]]
    before = names_of_relocations(btfreloc, path)
    # A header for relocations would give them to an object that has none.
    co_re = [] if before else ["--co-re=none"]
    messages = header(btfreloc, first, folder / "vmlinux.h", "--used-by", path, *co_re)
    text = (folder / "vmlinux.h").read_text()
    lacking = missing(messages)
    stem = name.removesuffix("_v1").removesuffix("_v4")
    own = {struct for tag, struct, _ in lacking if tag == "struct"} | OWN_STRUCTS.get(stem, set())
    prepare_sources(folder, text, own)
    source = folder / f"{stem}.bpf.c"
    gone = {enumerator for tag, _, enumerator in lacking if tag == "enum"}
    drop_enumerators(source, gone)
    out = folder / "again.o"
    flags = LIKE_V3 if name == "kernel_values" else []
    failure = compile_object(source, out, target, CPU.get(name, "v3"), *flags)
    if not comparison.check(failure, None, f"{where}: clang"):
        return
    print(f"{where}: {text.count(chr(10))} lines, lacking {lacking}")
    after = names_of_relocations(btfreloc, out)
    before = [relocation for relocation in before if relocation[-1] not in gone]
    comparison.check(*first_difference(after, before), f"{where}: relocations")
    for kernel in [first, *others]:
        ours, theirs = (outcomes(btfreloc, object, kernel) for object in (out, path))
        if not gone:
            comparison.check(*first_difference(ours, theirs), f"{where}: on {kernel.name}")


def check_used_by(btfreloc, scratch):
    comparison = support.Comparison("properties of recompiled objects")
    kernels = Kernels(scratch)
    folder = Path(scratch, "source")
    folder.mkdir()
    for target in KERNELS:
        for name, path in objects_of(target):
            check_object(btfreloc, kernels, target, name, path, folder, comparison)
    comparison.finish()


def bpftool_header(kernel, out):
    """vmlinux.h, as everybody writes it."""
    out.write_bytes(support.output(support.tool("bpftool"), "btf", "dump", "file", kernel, "format",
                                   "c"))


def check_source(btfreloc, kernel, source, flags, comparison):
    """Compiles a source with all of the kernel's declarations in vmlinux.h beside it, then with what
    its object needs."""
    first, second = source.with_suffix(".whole.o"), source.with_suffix(".used.o")
    where = source.name
    failure = compile_object(source, first, "bpfel", "v3", *flags)
    if not comparison.check(failure, None, f"{where}: clang, with vmlinux.h"):
        return
    whole = source.parent / "vmlinux.h"
    saved = whole.rename(whole.with_suffix(".whole"))
    words = ["--source", source] if source.name in NEED_SOURCE else []
    messages = header(btfreloc, kernel, whole, "--used-by", first, *words)
    comparison.check(messages, "", f"{where}: messages")
    failure = compile_object(source, second, "bpfel", "v3", *flags)
    print(f"{where}: {whole.read_text().count(chr(10))} lines")
    saved.rename(whole)
    if not comparison.check(failure, None, f"{where}: clang"):
        return
    comparison.check(*first_difference(names_of_relocations(btfreloc, second),
                                       names_of_relocations(btfreloc, first)),
                     f"{where}: relocations")
    comparison.check(*first_difference(outcomes(btfreloc, second, kernel),
                                       outcomes(btfreloc, first, kernel)),
                     f"{where}: on {kernel.name}")
    comparison.check(changes(btfreloc, second, kernel), [], f"{where}: on its own kernel")


def check_samples(btfreloc, scratch):
    """Sources in the style of tools, with libbpf's headers."""
    comparison = support.Comparison("properties of recompiled samples")
    kernel = Kernels(scratch).path(KERNELS["bpfel"][0])
    folder = Path(scratch, "samples")
    shutil.copytree(SAMPLES, folder)
    bpftool_header(kernel, folder / "vmlinux.h")
    for source in sorted(folder.glob("*.bpf.c")):
        check_source(btfreloc, kernel, source, ["-D__TARGET_ARCH_x86"], comparison)
    comparison.finish()


def generate(kernel, folder, types):
    """Writes the sources of the benchmark objects, of which c5000's is not kept."""
    types.write_bytes(support.output(support.tool("bpftool"), "-j", "btf", "dump", "file", kernel))
    support.output(sys.executable, SOURCES / "bench" / "generate.py", "--types", types, "--header",
                   folder / "vmlinux.h", folder)


def check_bench(btfreloc, scratch, every):
    comparison = support.Comparison("properties of recompiled benchmark objects")
    kernel = Kernels(scratch).path(KERNELS["bpfel"][0])
    folder = Path(scratch, "bench")
    folder.mkdir()
    bpftool_header(kernel, folder / "vmlinux.h")
    if every:
        generate(kernel, folder, Path(scratch, "types.json"))
    else:
        for source in (SOURCES / "bench").glob("*.bpf.c"):
            shutil.copy(source, folder)
    for source in sorted(folder.glob("*.bpf.c")):
        check_source(btfreloc, kernel, source, [f"-I{SOURCES}"], comparison)
    comparison.finish()


def check_whole(btfreloc, scratch):
    comparison = support.Comparison("properties of an object compiled with a whole header")
    kernel = Kernels(scratch).path(KERNELS["bpfel"][0])
    folder = Path(scratch, "whole")
    folder.mkdir()
    source = Path(shutil.copy(SOURCES / "bench" / "b200.bpf.c", folder))
    relocations = []
    for write in (bpftool_header, lambda kernel, out: header(btfreloc, kernel, out)):
        write(kernel, folder / "vmlinux.h")
        out = folder / "b200.o"
        failure = compile_object(source, out, "bpfel", "v3", f"-isystem{folder}", f"-I{SOURCES}")
        comparison.check(failure, None, "clang")
        relocations.append(names_of_relocations(btfreloc, out))
    comparison.check(*first_difference(*relocations), "relocations")
    comparison.check(changes(btfreloc, out, kernel), [], "on its own kernel")
    comparison.finish()


CHECKS = {"used-by": check_used_by, "samples": check_samples, "whole": check_whole,
          "bench": lambda *arguments: check_bench(*arguments, every=False),
          "bench-every": lambda *arguments: check_bench(*arguments, every=True)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True, type=os.path.abspath)
    parser.add_argument("what", choices=sorted(CHECKS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        CHECKS[arguments.what](arguments.btfreloc, scratch)


if __name__ == "__main__":
    main()
