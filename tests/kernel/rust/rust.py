#!/usr/bin/env python3
"""Programs in Rust, compiled through the LLVM pass, do the right thing in the kernel.

The sources are testdata/rust/*.rs. Each is compiled by rustc with the plugin, to bitcode that
`btfreloc emit` makes an object of, and as several codegen units with emit as rustc's linker. Then `btfreloc relocate` relocates it for the
running kernel, and a program of this folder loads it, runs it and compares. fields.rs is not run:
its comments say which relocations each of its functions has.

The toolchain is a folder with bin/rustc, which finds core for bpfel by itself, and
lib/bpfel/core.bc, which is core as bitcode. With --objects nothing is compiled: NAME.llvm*.o of that
folder are relocated and run, which testdata/rust/build.sh has made.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "differential"))
import support  # noqa: E402

SOURCES = Path(__file__).resolve().parents[3] / "testdata" / "rust"
KERNEL = Path("/sys/kernel/btf/vmlinux")

# Bitcode of one module, as an object file has it; a panic ends the program.
RUSTC_FLAGS = ["--target=bpfel-unknown-none", "--edition=2021", "-g",
               "-Copt-level=2", "-Cpanic=abort", "-Dwarnings"]

# What a source is about.
FLAGS_OF = {"panics": ["-Coverflow-checks=on"]}

# Those that are run.
PROGRAMS = ["wrong_layout", "xdp", "types", "questions", "panics", "switched"]

MOST_LINES = 12  # of what the verifier says


class Tools:
    def __init__(self, arguments):
        self.btfreloc = arguments.btfreloc
        self.run = arguments.run
        self.run_wrong_layouts = arguments.run_wrong_layouts


class Compilers(Tools):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.rustc = Path(arguments.toolchain, "bin", "rustc")
        self.core = Path(arguments.toolchain, "lib", "bpfel", "core.bc")
        for path in (self.rustc, self.core):
            if not path.is_file():
                support.skip(f"{path} is absent: --toolchain is no Rust toolchain for BPF")
        self.plugin = arguments.plugin
        # Plugins, bitcode and llc go together: all of one LLVM.
        self.llvm = self.llvm_of_rustc()
        found = re.search(r"llvm-(\d+)", str(self.plugin))
        if found and found[1] != self.llvm:
            support.skip(f"{self.rustc} has LLVM {self.llvm}, the plugin is for {found[1]}")
        self.llc = support.tool(f"llc-{self.llvm}")

    def llvm_of_rustc(self):
        version = support.output(self.rustc, "--version", "--verbose").decode()
        return re.search(r"^LLVM version: (\d+)", version, re.MULTILINE)[1]


def compile_with_rustc(tools, source, bitcode, *flags):
    support.output(tools.rustc, *RUSTC_FLAGS, *FLAGS_OF.get(source.stem, []), "--crate-type=lib",
                   "-Ccodegen-units=1", *flags, source)
    if not bitcode.exists():
        raise RuntimeError(f"{source.name}: rustc wrote no {bitcode.name}")


def with_plugin(tools, source, out):
    """rustc runs the pass and optimises, llc makes the object. Returns no findings."""
    bitcode = out.with_suffix(".bc")
    compile_with_rustc(tools, source, bitcode, f"-Zllvm-plugins={tools.plugin}",
                       f"--emit=obj={bitcode}")
    support.output(tools.llc, "-march=bpfel", "-mcpu=v3", "-filetype=obj", bitcode, "-o", out)


def with_emit(tools, source, out):
    """rustc leaves bitcode as it was before the first pass. Returns what `btfreloc emit` found."""
    bitcode = out.with_suffix(".bc")
    compile_with_rustc(tools, source, bitcode, "-Cno-prepopulate-passes",
                       f"--emit=llvm-bc={bitcode}")
    report = support.output(tools.btfreloc, "emit", bitcode, "--lib", tools.core, "--llvm",
                            tools.llvm, "--allow", "no-records", "--json", "-o", out)
    return json.loads(report)["findings"]


def linked(tools, source, out, *flags):
    """rustc splits the crate into several codegen units, and runs `btfreloc-emit` as its linker, with
    core's rlib among the inputs. Returns no findings."""
    linker = Path(tools.btfreloc).with_name(f"btfreloc-emit-{tools.llvm}")
    support.output(tools.rustc, *RUSTC_FLAGS, *FLAGS_OF.get(source.stem, []), "--crate-type=cdylib",
                   "-Ccodegen-units=8", f"-Clinker={linker}", "-Clink-arg=--allow=no-records",
                   *flags, source, "-o", out)


def with_linker(tools, source, out):
    linked(tools, source, out, "-Cno-prepopulate-passes")


def with_plugin_and_linker(tools, source, out):
    linked(tools, source, out, f"-Zllvm-plugins={tools.plugin}")


WAYS = {"plugin": with_plugin, "emit": with_emit, "linker": with_linker,
        "plugin+linker": with_plugin_and_linker}
# Those whose report, or whose object as it is, says what becomes of each function.
WAYS_FOR_FIELDS = ["plugin", "emit"]


def relocated(tools, path, out):
    """Every relocation has to find its member. An object without any is what it is."""
    if not support.dump_json(tools.btfreloc, path)["relocations"]:
        return path, []
    report = support.output(tools.btfreloc, "relocate", path, "-k", KERNEL, "--json", "-o", out)
    relocations = json.loads(report)["relocations"]
    lost = [f"{r['id']} {r['root']}.{r['path']}" for r in relocations if r["outcome"] != "patched"]
    return out, lost


def check_run(comparison, command, where):
    """What the programs did. Skips the test where none can be loaded."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode == support.SKIPPED:
        support.skip(done.stdout.strip().removeprefix("skipped: "))
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if not line.startswith("PASS")]
    comparison.check("\n".join(wrong[-MOST_LINES:]) if done.returncode else "", "", where)
    comparison.compared += len(lines) - 1


def check_object(comparison, tools, name, path, where, scratch):
    """Relocates it, runs it, and looks at what it did."""
    patched, lost = relocated(tools, path, Path(scratch, f"{path.stem}.patched.o"))
    comparison.check(lost, [], f"{where}: not patched")
    if name != "wrong_layout":
        check_run(comparison, [tools.run, name, patched], where)
        return
    check_run(comparison, [tools.run_wrong_layouts, "relocated", patched], where)
    # For the types of the object itself all offsets stay as they are: nothing is right.
    as_written = Path(scratch, f"{path.stem}.as-written.o")
    support.output(tools.btfreloc, "relocate", path, "-k", path, "-o", as_written)
    check_run(comparison, [tools.run_wrong_layouts, "as-written", as_written],
              f"{where}, as written")


def check_program(comparison, tools, name, way, scratch):
    where = f"{name}.rs {way}"
    path = Path(scratch, f"{name}.{way}.o")
    try:
        WAYS[way](tools, SOURCES / f"{name}.rs", path)
        check_object(comparison, tools, name, path, where, scratch)
    except RuntimeError as error:
        # The command, and what it said first; a crash says much more.
        comparison.check("\n".join(str(error).splitlines()[:MOST_LINES]), "", where)


def check_committed(comparison, tools, folder, scratch):
    """Objects of every program, of one LLVM or more."""
    for name in PROGRAMS:
        paths = sorted(Path(folder).glob(f"{name}.llvm*.o"))
        comparison.check(bool(paths), True, f"{folder} has {name}.llvm*.o")
        for path in paths:
            try:
                check_object(comparison, tools, name, path, path.name, scratch)
            except RuntimeError as error:
                comparison.check("\n".join(str(error).splitlines()[:MOST_LINES]), "", path.name)


def expectations(source):
    """Function name to what its comments say: {"records": [...], "wanted": ..., "remarks": ...}."""
    expected = {}
    said = {}
    for line in source.read_text().splitlines():
        if comment := re.match(r"// (records|wanted|remarks):(.*)", line):
            said[comment[1]] = comment[2].strip()
        elif (function := re.match(r"pub (?:unsafe )?fn (\w+)", line)) and said:
            expected[function[1]] = said
            said = {}
    return expected


def records_of(relocations):
    """Function name to the relocations in it, as the comments spell them."""
    records = {}
    for r in relocations:
        member = ".".join(filter(None, [r["root"].removeprefix("struct "), r["path"]]))
        kind = "" if r["kind"] == "byte_off" else r["kind"] + " "
        records.setdefault(r["program"], set()).add(kind + member)
    return {function: " ".join(sorted(found)) for function, found in records.items()}


def check_fields(comparison, tools, way, scratch):
    """The comments of fields.rs hold. That more is found than they say is for a note only."""
    path = Path(scratch, f"fields.{way}.o")
    try:
        findings = WAYS[way](tools, SOURCES / "fields.rs", path)
    except RuntimeError as error:
        comparison.check("\n".join(str(error).splitlines()[:MOST_LINES]), "", f"fields.rs {way}")
        return
    found = records_of(support.dump_json(tools.btfreloc, path)["relocations"])
    remarks = {}
    for finding in findings or []:
        for function in re.findall(r"^in `(\w+)`", "\n".join(finding["notes"]), re.MULTILINE):
            remarks.setdefault(function, []).append(finding["message"])
    for function, said in expectations(SOURCES / "fields.rs").items():
        where = f"fields.rs {way}: {function}"
        records = found.get(function, "")
        wanted = said.get("wanted")
        if wanted is not None and records == wanted:
            print(f"note: {where} has all that is wanted now")
            comparison.compared += 1
            continue
        # Where the compilers differ, so do the records.
        accepted = said["records"].split(" | ")
        comparison.check(records, records if records in accepted else said["records"], where)
        if findings is None:
            continue
        text = " / ".join(remarks.get(function, []))
        remark = said.get("remarks", "")
        is_said = remark in text if remark else not text
        comparison.check(text, text if is_said else remark, f"{where}: remarks")


def check_compiled(comparison, tools, ways, scratch):
    for way in ways:
        emit = Path(tools.btfreloc).with_name(f"btfreloc-emit-{tools.llvm}")
        if way != "plugin" and not emit.exists():
            print(f"note: {emit.name} was not built, {way} is left out")
            continue
        if way in WAYS_FOR_FIELDS:
            check_fields(comparison, tools, way, scratch)
        for name in PROGRAMS:
            # Nothing but `btfreloc emit` links core, whose functions panics.rs calls.
            if name == "panics" and way == "plugin":
                continue
            check_program(comparison, tools, name, way, scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", help="folder of the Rust toolchain")
    parser.add_argument("--objects", help="folder of objects to run; nothing is compiled then")
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--plugin", help="libBtfRelocPass.so for rustc's LLVM")
    parser.add_argument("--run", required=True, help="rust_programs, which loads and compares")
    parser.add_argument("--run-wrong-layouts", required=True, help="that of tests/kernel/pass")
    parser.add_argument("--ways", default=",".join(WAYS), help="to compile, separated by commas")
    arguments = parser.parse_args()
    if arguments.objects is None and (arguments.toolchain is None or arguments.plugin is None):
        parser.error("either --objects, or --toolchain and --plugin")
    if not KERNEL.exists():
        support.skip(f"{KERNEL} is absent")
    os.environ["RUSTC_BOOTSTRAP"] = "1"  # plugins and inline assembly for BPF are unstable
    comparison = support.Comparison("facts")
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.objects is not None:
            check_committed(comparison, Tools(arguments), arguments.objects, scratch)
        else:
            check_compiled(comparison, Compilers(arguments), arguments.ways.split(","), scratch)
    comparison.finish()


if __name__ == "__main__":
    main()
