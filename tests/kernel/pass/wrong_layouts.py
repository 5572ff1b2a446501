#!/usr/bin/env python3
"""Programs with wrong layouts, compiled through the LLVM pass, read the right values in the kernel.

The sources are testdata/pass/wrong_layout.bpf.{c,cpp}: no preserve_access_index, and no member of
their task_struct is where a kernel has it. Each is compiled in several ways, relocated by `btfreloc
relocate` for the running kernel, loaded and run. With the offsets of the source they read nothing
right. With --objects nothing is compiled: wrong_layout.*.llvm*.o of that folder are run, which
testdata/pass/build.sh has made.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "differential"))
import support  # noqa: E402

SOURCES = Path(__file__).resolve().parents[3] / "testdata" / "pass"
KERNEL = Path("/sys/kernel/btf/vmlinux")
# Members that the programs read and whose offsets no kernel has as the source has them.
MOVED = ["comm", "pid", "real_parent", "tgid"]

MOST_LINES = 12  # of what the verifier says

EMIT = "btfreloc emit"
# Name, flags for clang, and the passes of opt; none where clang runs the plugin itself, and EMIT
# where `btfreloc emit` makes the object. What clang compiles with -O0 loads in no kernel, with its
# own relocations either: LLVM then keeps the load of the offset that the relocation stands for,
# unless the functions come without `optnone`.
WAYS = [
    ("clang-O2", ["-O2", "-mcpu=v3"], None),
    ("clang-O1", ["-O1", "-mcpu=v3"], None),
    ("clang-Os", ["-Os", "-mcpu=v2"], None),
    ("clang-v4", ["-O2", "-mcpu=v4"], None),
    ("opt-O2", ["-O2", "-mcpu=v3"], "btfreloc,default<O2>"),
    ("opt-O0", ["-O0", "-Xclang", "-disable-O0-optnone", "-mcpu=v3"], "btfreloc,default<O0>"),
    ("emit-O2", ["-O2"], EMIT),
]


class Tools:
    def __init__(self, arguments):
        self.btfreloc = arguments.btfreloc
        self.run = arguments.run


class Compilers(Tools):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.plugin = arguments.plugin
        self.clang = support.tool("clang-19")
        self.opt = support.tool("opt-19")
        self.llc = support.tool("llc-19")


def compiled(tools, source, out, *flags):
    language = ["-std=c++17", "-fno-exceptions", "-fno-rtti"] if source.suffix == ".cpp" else []
    support.output(tools.clang, "--target=bpf", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter",
                   "-Werror", *language, *flags, "-c", source, "-o", out)


def compiled_with_pass(tools, source, out, flags, passes):
    if passes is None:
        compiled(tools, source, out, *flags, f"-fpass-plugin={tools.plugin}")
        return
    bitcode = out.with_suffix(".bc")
    compiled(tools, source, bitcode, *flags, "-Xclang", "-disable-llvm-passes", "-emit-llvm")
    if passes == EMIT:
        support.output(tools.btfreloc, "emit", "--llvm", "19", bitcode, "-o", out)
        return
    support.output(tools.opt, "-load-pass-plugin", tools.plugin, f"-passes={passes}", bitcode, "-o",
                   bitcode)
    support.output(tools.llc, "-march=bpfel", "-mcpu=v3", "-filetype=obj", bitcode, "-o", out)


def relocated(tools, path, kernel, out):
    """The report, and the object without relocations in `out`."""
    report = support.output(tools.btfreloc, "relocate", path, "-k", kernel, "--json", "-o", out)
    return json.loads(report)["relocations"]


def check_decisions(comparison, relocations, where):
    """Every relocation found its member, and those that are looked at moved."""
    lost = [f"{r['id']} {r['root']}.{r['path']}" for r in relocations if r["outcome"] != "patched"]
    comparison.check(lost, [], f"{where}: not patched")
    moved = set()
    for relocation in relocations:
        if relocation["root"] == "struct task_struct" and relocation["kind"] == "byte_off":
            # comm[0]
            member = re.match(r"\w*", relocation["path"])[0]
            if relocation["old"] != relocation["new"]:
                moved.add(member)
            else:
                comparison.check(member in MOVED, False, f"{where}: {member} is where it was")
    comparison.check(sorted(moved & set(MOVED)), MOVED, f"{where}: moved")


def check_run(comparison, tools, what, path, where):
    """What the programs read. Skips the test where none can be loaded."""
    comparison.check(support.dump_json(tools.btfreloc, path)["relocations"], [],
                     f"{where}: relocations are left for the loader")
    done = subprocess.run([tools.run, what, path], stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode == support.SKIPPED:
        support.skip(done.stdout.strip().removeprefix("skipped: "))
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if not line.startswith("PASS")]
    comparison.check("\n".join(wrong[-MOST_LINES:]) if done.returncode else "", "", where)
    comparison.compared += len(lines) - 1


def check_object(comparison, tools, path, where, scratch):
    patched = Path(scratch, f"{path.stem}.patched.o")
    check_decisions(comparison, relocated(tools, path, KERNEL, patched), where)
    check_run(comparison, tools, "relocated", patched, where)
    # For the types of the object itself all offsets stay as they are.
    as_written = Path(scratch, f"{path.stem}.as-written.o")
    relocated(tools, path, path, as_written)
    check_run(comparison, tools, "as-written", as_written, f"{where}, as written")


def check_source(comparison, tools, source, scratch):
    without_pass = Path(scratch, "without_pass.o")
    compiled(tools, source, without_pass, "-O2", "-mcpu=v3")
    comparison.check(support.dump_json(tools.btfreloc, without_pass)["relocations"], [],
                     f"{source.name}: without the pass")
    for name, flags, passes in WAYS:
        where = f"{source.name} {name}"
        # Linux has these instructions since 6.6.
        if "-mcpu=v4" in flags and kernel_version() < (6, 6):
            print(f"note: {where} is left out, the kernel is too old for it")
            continue
        path = Path(scratch, f"{source.stem}.{source.suffix[1:]}.{name}.o")
        try:
            compiled_with_pass(tools, source, path, flags, passes)
            check_object(comparison, tools, path, where, scratch)
        except RuntimeError as error:
            # The command, and what it said first; a crash says much more.
            comparison.check("\n".join(str(error).splitlines()[:2]), "", where)


def check_committed(comparison, tools, folder, source, scratch):
    """Objects of the source, of one LLVM or more."""
    paths = sorted(Path(folder).glob(f"{source}.llvm*.o"))
    comparison.check(bool(paths), True, f"{folder} has {source}.llvm*.o")
    for path in paths:
        check_object(comparison, tools, path, path.name, scratch)


def kernel_version():
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--plugin", help="libBtfRelocPass.so for LLVM 19")
    parser.add_argument("--objects", help="folder of objects to run; nothing is compiled then")
    parser.add_argument("--run", required=True, help="the program that loads and compares")
    arguments = parser.parse_args()
    if (arguments.objects is None) == (arguments.plugin is None):
        parser.error("either --objects or --plugin")
    if not KERNEL.exists():
        support.skip(f"{KERNEL} is absent")
    comparison = support.Comparison("facts")
    with tempfile.TemporaryDirectory() as scratch:
        for name in ["wrong_layout.bpf.c", "wrong_layout.bpf.cpp"]:
            if arguments.objects is not None:
                check_committed(comparison, Tools(arguments), arguments.objects, name, scratch)
            else:
                check_source(comparison, Compilers(arguments), SOURCES / name, scratch)
    comparison.finish()


if __name__ == "__main__":
    main()
