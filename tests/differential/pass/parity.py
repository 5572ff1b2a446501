#!/usr/bin/env python3
"""The pass gives every access the record that clang's preserve_access_index gives it.

Each file of shapes/ is compiled twice, as reference (clang's own attribute) and for the pass (a
tag in its place); then each function must have the same records: kind, root type, access string,
path and local value, as often. The instruction must hold the local value, which loaders insist
on, where clang's does (bitfields are its exception). The number of instructions may differ by 5 %.

opt0, opt1, opt2        clang without passes, then opt with the pass, then llc
clang0, clang1, clang2  clang with the pass as plugin
emit0, emit1, emit2     clang without passes, then btfreloc emit

--vmlinux compares a program that reads structs of a real kernel instead of the shapes, and with
--callgrind also what clang costs with its attribute and with the pass.
"""

import argparse
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (lives one folder up)

MODES = ["opt0", "opt1", "opt2", "clang0", "clang1", "clang2"]
EMIT_MODES = ["emit0", "emit1", "emit2"]
FEWEST_SHAPES = 60
MOST_MORE_INSTRUCTIONS = 0.05  # of a file
MOST_COMPILE_COST = 1.05  # of clang with its own attribute
FEWEST_VMLINUX_RECORDS = 40
LINES_OF_ERROR = 2  # the command, and what it said; a crash says much more

OPTIONS_OF_FILE = {"plain_inside": ["nested=stop"]}
REFUSED_BY_EMIT = ["indirect_calls"]  # no kernel's BPF has them
LOADS_AND_STORES = (1, 2, 3)  # instruction classes BPF_LDX, BPF_ST, BPF_STX
ATTRIBUTE = "__attribute__((preserve_access_index))"
TAG = '__attribute__((btf_decl_tag("btfreloc")))'


class Parity(support.Comparison):
    """Counts shapes, modes and records beside the differences."""

    def __init__(self):
        super().__init__("functions")
        self.shapes = set()
        self.modes = set()
        self.records = 0

    def finish(self, fewest_shapes):
        print(f"{len(self.shapes)} shapes, {len(self.modes)} modes, "
              f"{self.records} records compared, {self.different} differences")
        if len(self.shapes) < fewest_shapes:
            print(f"fewer than {fewest_shapes} shapes: that is a failure")
        enough = self.records > 0 and len(self.shapes) >= fewest_shapes
        sys.exit(0 if enough and self.different == 0 else 1)


class Toolchain:
    """The programs of one LLVM, and the pass built for it."""

    def __init__(self, version, plugin_folder, options, btfreloc=None):
        self.version = version
        self.btfreloc = btfreloc
        self.clang = support.tool(f"clang-{version}")
        self.opt = support.tool(f"opt-{version}")
        self.llc = support.tool(f"llc-{version}")
        self.objcopy = support.tool(f"llvm-objcopy-{version}")
        self.options = options
        self.plugin = None
        if plugin_folder:
            self.plugin = Path(plugin_folder, f"llvm-{version}", "libBtfRelocPass.so").resolve()
            if not self.plugin.is_file():
                support.skip(f"{self.plugin} is not built")

    def compile(self, level, *arguments):
        return [self.clang, "--target=bpf", "-mcpu=v3", "-g", f"-O{level}", "-w", *arguments]

    def plugin_compile(self, level, *arguments):
        return self.compile(level, f"-fpass-plugin={self.plugin}", *arguments)

    def bitcode(self, level, source, target, *flags):
        """Compiles to bitcode before any pass; the path of it."""
        path = target.with_suffix(".bc")
        support.output(*self.compile(level, "-Xclang", "-disable-llvm-passes", "-emit-llvm",
                                     "-c", source, "-o", path, *flags))
        return path

    def options_for(self, source):
        return ";".join(self.options_list(source))

    def options_list(self, source):
        return self.options + OPTIONS_OF_FILE.get(source.stem, [])

    def build_reference(self, level, source, target, *flags):
        support.output(*self.compile(level, "-DREFERENCE", "-c", source, "-o", target, *flags))

    def build_by_clang(self, level, source, target, *flags):
        os.environ["BTFRELOC_PASS"] = self.options_for(source)
        support.output(*self.plugin_compile(level, "-c", source, "-o", target, *flags))

    def build_by_opt(self, level, source, target, *flags):
        os.environ.pop("BTFRELOC_PASS", None)  # the pass also runs where default<> starts
        bitcode, relocated = self.bitcode(level, source, target, *flags), target.with_suffix(".opt")
        options = self.options_for(source)
        name = f"btfreloc<{options}>" if options else "btfreloc"
        support.output(self.opt, f"-load-pass-plugin={self.plugin}",
                       f"-passes={name},default<O{level}>", bitcode, "-o", relocated)
        support.output(self.llc, "-march=bpfel", "-mcpu=v3", "-filetype=obj", f"-O{level}",
                       relocated, "-o", target)

    def build_by_emit(self, level, source, target, *flags):
        # Shapes call what nobody defines, and some read no record.
        support.output(self.btfreloc, "emit", self.bitcode(level, source, target, *flags),
                       "--llvm", self.version, "--mcpu=v3", f"-O{level}",
                       *(f"--{option}" for option in self.options_list(source)),
                       "--allow=undefined,no-records", "-o", target)

    def build_ours(self, mode, *arguments):
        builds = {"opt": self.build_by_opt, "clang": self.build_by_clang,
                  "emit": self.build_by_emit}
        builds[mode[:-1]](mode[-1], *arguments)


def record_text(relocation):
    return (f"{relocation['kind']} {relocation['root']} {relocation['path']} "
            f"({relocation['access']}) = {relocation['local']}")


def records_by_function(dump):
    functions = {program["name"]: [] for program in dump["programs"]}
    for relocation in dump["relocations"]:
        functions[relocation["program"]].append(record_text(relocation))
    return {name: sorted(records) for name, records in functions.items()}


class Object:
    """What dump says of an object, and the bytes of its sections."""

    def __init__(self, btfreloc, toolchain, path):
        self.dump = support.dump_json(btfreloc, path)
        self.sections = {relocation["section"]: None for relocation in self.dump["relocations"]}
        for number, section in enumerate(self.sections):
            content = path.with_suffix(f".section{number}")
            support.output(toolchain.objcopy, f"--dump-section={section}={content}", path)
            self.sections[section] = content.read_bytes()

    def value_in_instruction(self, relocation):
        """The number that a loader would replace: an offset in loads and stores, else imm."""
        code, _, offset, immediate = struct.unpack_from(
            "<BBhi", self.sections[relocation["section"]], relocation["section_offset"])
        return offset if code & 7 in LOADS_AND_STORES else immediate

    def without_local_value(self):
        return {f"{relocation['program']}: {record_text(relocation)}"
                for relocation in self.dump["relocations"]
                if self.value_in_instruction(relocation) != relocation["local"]}


def instruction_count(dump):
    return sum(program["insns"] for program in dump["programs"])


def shapes_in(dump):
    return {program["name"] for program in dump["programs"] if program["linkage"] == "global"}


def check_reference(parity, reference, where):
    """A shape without a record would compare nothing, unless its name says so."""
    records = records_by_function(reference)
    if not any(records.values()):
        parity.check("no record", "records", f"{where}: the reference")
    for shape in sorted(shapes_in(reference)):
        expected = "no record" if shape.startswith("none_") else "a record"
        found = "a record" if records[shape] else "no record"
        if found != expected:
            parity.check(found, expected, f"{where}: the reference of {shape}")


def compare_objects(parity, ours, theirs, mode, where):
    our_records = records_by_function(ours.dump)
    their_records = records_by_function(theirs.dump)
    for function in sorted(our_records.keys() | their_records.keys()):
        parity.check(our_records.get(function), their_records.get(function),
                     f"{where}: {function}")
    parity.records += sum(map(len, their_records.values()))
    other_values = sorted(ours.without_local_value() - theirs.without_local_value())
    if other_values:
        parity.check(other_values, "the local value", f"{where}: values in instructions")
    count, expected = instruction_count(ours.dump), instruction_count(theirs.dump)
    # emit lets the backend optimise even with -O0: else it leaves a load of each relocated number.
    has_fewer = count < expected * (1 - MOST_MORE_INSTRUCTIONS) and mode != "emit0"
    if has_fewer or count > expected * (1 + MOST_MORE_INSTRUCTIONS):
        parity.check(f"{count} instructions", f"{expected} instructions", where)


def compare_mode(parity, btfreloc, toolchain, mode, source, reference, folder, flags):
    where = f"LLVM {toolchain.version}, {mode}, {source.name}"
    target = folder / "ours.o"
    try:
        toolchain.build_ours(mode, source, target, *flags)
        ours = Object(btfreloc, toolchain, target)
    except RuntimeError as error:
        parity.check("\n".join(str(error).splitlines()[:LINES_OF_ERROR]), "an object", where)
        return
    compare_objects(parity, ours, reference, mode, where)


def compare_source(parity, btfreloc, toolchain, modes, source, our_flags=(), their_flags=()):
    """Compares one file in all modes; those of one optimization level share their reference."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for level in sorted({mode[-1] for mode in modes}):
            toolchain.build_reference(level, source, folder / "reference.o", *their_flags)
            reference = Object(btfreloc, toolchain, folder / "reference.o")
            where = f"LLVM {toolchain.version}, -O{level}, {source.name}"
            check_reference(parity, reference.dump, where)
            parity.shapes |= {(source.name, shape) for shape in shapes_in(reference.dump)}
            for mode in (mode for mode in modes if mode.endswith(level)):
                parity.modes.add((toolchain.version, mode))
                compare_mode(parity, btfreloc, toolchain, mode, source, reference, folder,
                             our_flags)


def compare_shapes(parity, arguments, toolchains):
    sources = [path for path in sorted((HERE / "shapes").glob("*.c"))
               if not arguments.only or path.stem in arguments.only]
    for toolchain in toolchains:
        for source in sources:
            modes = [mode for mode in arguments.modes
                     if mode not in EMIT_MODES or source.stem not in REFUSED_BY_EMIT]
            compare_source(parity, arguments.btfreloc, toolchain, modes, source)


def write_headers(kernel, folder):
    """vmlinux.h twice: with clang's attribute, as bpftool writes it, and with our tag."""
    header = support.output(support.tool("bpftool"), "btf", "dump", "file", kernel,
                            "format", "c").decode()
    if header.count(ATTRIBUTE) != 1:
        support.skip("this bpftool writes headers without preserve_access_index")
    for name, text in (("theirs", header), ("ours", header.replace(ATTRIBUTE, TAG))):
        (folder / name).mkdir()
        (folder / name / "vmlinux.h").write_text(text)
    return [f"-I{folder / 'ours'}"], [f"-I{folder / 'theirs'}"]


def instructions_executed(command, environment, folder):
    """What the compiler proper executes; the driver that starts it is left out."""
    plan = subprocess.run([str(part) for part in command] + ["-###"], stderr=subprocess.PIPE,
                          check=True).stderr.decode()
    compiler = next(line for line in plan.splitlines() if '"-cc1"' in line)
    profile = folder / "callgrind.out"
    subprocess.run([support.tool("valgrind"), "--tool=callgrind",
                    f"--callgrind-out-file={profile}", *shlex.split(compiler)],
                   env=os.environ | environment, check=True, stderr=subprocess.DEVNULL)
    return int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.M).group(1))


def compare_cost(parity, toolchain, source, folder, our_flags, their_flags):
    target = ["-c", source, "-o", folder / "cost.o"]
    theirs = instructions_executed(toolchain.compile(2, *target, *their_flags), {}, folder)
    ours = instructions_executed(toolchain.plugin_compile(2, *target, *our_flags),
                                 {"BTFRELOC_PASS": toolchain.options_for(source)}, folder)
    print(f"LLVM {toolchain.version}: clang executes {theirs / 1e6:.0f} million instructions, "
          f"with the pass {ours / 1e6:.0f}: {ours / theirs:.4f} times as many")
    if ours > theirs * MOST_COMPILE_COST:
        parity.check(ours, theirs, f"LLVM {toolchain.version}: cost of {source.name}")


def compare_vmlinux(parity, arguments, toolchains):
    source = HERE / "vmlinux_accesses.c"
    if not Path(arguments.vmlinux).exists():
        support.skip(f"{arguments.vmlinux} is absent")
    with tempfile.TemporaryDirectory() as name:
        flags = write_headers(arguments.vmlinux, Path(name))
        for toolchain in toolchains:
            compare_source(parity, arguments.btfreloc, toolchain, arguments.modes, source, *flags)
            if arguments.callgrind:
                compare_cost(parity, toolchain, source, Path(name), *flags)
    fewest = FEWEST_VMLINUX_RECORDS * len(parity.modes)
    if parity.records < fewest:
        parity.check(f"{parity.records} records", f"{fewest} at least", source.name)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--plugin-folder", help="holds llvm-NN/libBtfRelocPass.so")
    parser.add_argument("--llvm", action="append", required=True, metavar="NN")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=MODES)
    parser.add_argument("--options", default="bitfields=clang", help="of the pass, between <>")
    parser.add_argument("--only", action="append", metavar="FILE", help="a file, without .c")
    parser.add_argument("--all-differences", action="store_true", help="print every difference")
    parser.add_argument("--vmlinux", nargs="?", const="/sys/kernel/btf/vmlinux", metavar="BTF")
    parser.add_argument("--callgrind", action="store_true")
    arguments = parser.parse_args()
    unknown = set(arguments.modes) - set(MODES + EMIT_MODES)
    if unknown:
        parser.error(f"no such mode: {', '.join(sorted(unknown))}")
    if not arguments.plugin_folder and set(arguments.modes) - set(EMIT_MODES):
        parser.error("--plugin-folder is needed but for emit")
    if arguments.callgrind and not arguments.vmlinux:
        parser.error("--callgrind measures the program of --vmlinux")
    return arguments


def main():
    arguments = parse_arguments()
    options = [option for option in arguments.options.split(";") if option]
    toolchains = [Toolchain(version, arguments.plugin_folder, options, arguments.btfreloc)
                  for version in arguments.llvm]
    parity = Parity()
    if arguments.all_differences:
        parity.MOST_SHOWN = sys.maxsize
    if arguments.vmlinux:
        compare_vmlinux(parity, arguments, toolchains)
        parity.finish(fewest_shapes=1)
    compare_shapes(parity, arguments, toolchains)
    parity.finish(fewest_shapes=1 if arguments.only else FEWEST_SHAPES)


if __name__ == "__main__":
    main()
