"""Compiles and relocates a batch, and runs it."""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from batches import host_source, program_source, target_source

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "differential"))
import support  # noqa: E402

ANNOTATIONS = {"tag": '__attribute__((btf_decl_tag("btfreloc")))',
               "preserve_access_index": "__attribute__((preserve_access_index))", "none": ""}


class Toolchain:
    def __init__(self, arguments):
        self.arguments = arguments
        self.clang = support.tool(f"clang-{arguments.llvm}")
        self.opt = support.tool(f"opt-{arguments.llvm}")
        self.llc = support.tool(f"llc-{arguments.llvm}")
        self.runner = arguments.runner or self.build_runner()

    def build_runner(self):
        runner = self.arguments.work / "run_layouts"
        sources = [HERE / name for name in ("run_layouts.cpp", "linked_program.cpp", "machine.cpp")]
        support.output(support.tool("c++"), "-std=c++23", "-O2", *sources, "-o", runner, "-lbpf")
        return runner

    def through_opt(self, batch, source):
        folder = batch.folder
        level = f"-O{batch.level}"
        front = ["-Xclang", "-disable-llvm-passes"]
        if batch.level == 0:
            front += ["-Xclang", "-disable-O0-optnone"]
        if batch.route == "inlined":
            front = front[2:]
        support.output(self.clang, "--target=bpf", "-mcpu=v3", "-g", level, *front, "-w",
                       "-fno-strict-aliasing", "-emit-llvm", "-c", source, "-o", folder / "s.bc")
        passes, plugin = f"default<O{batch.level}>", []
        if self.arguments.plugin:
            plugin = ["-load-pass-plugin", self.arguments.plugin,
                      f"-pass-remarks-output={folder / 'remarks.yml'}",
                      "-pass-remarks-filter=btfreloc"]
            passes = f"{self.arguments.pass_},{passes}"
        support.output(self.opt, *plugin, f"-passes={passes}", folder / "s.bc", "-o",
                       folder / "opt.bc")
        # Without optimizing, llc leaves relocations behind that load from address 0.
        support.output(self.llc, "-march=bpfel", "-mcpu=v3", "-filetype=obj", folder / "opt.bc",
                       "-o", folder / "s.o")

    def through_clang(self, batch, source):
        folder = batch.folder
        plugin = []
        if self.arguments.plugin:
            # What is between <> of the pass, for a pipeline that nobody writes out.
            os.environ["BTFRELOC_PASS"] = self.arguments.pass_[len("btfreloc<"):-1]
            plugin = [f"-fpass-plugin={self.arguments.plugin}", "-fsave-optimization-record",
                      f"-foptimization-record-file={folder / 'remarks.yml'}",
                      "-foptimization-record-passes=btfreloc"]
        support.output(self.clang, "--target=bpf", "-mcpu=v3", "-g", f"-O{batch.level}", "-w",
                       "-fno-strict-aliasing", *plugin, "-c", source, "-o", folder / "s.o")

    def build(self, batch):
        """Compiles, relocates; the JSON report of the relocations."""
        folder = batch.folder
        annotation = ANNOTATIONS[self.arguments.annotate]
        text, owners = program_source(batch, annotation)
        (folder / "s.c").write_text(text)
        (folder / "t.c").write_text(target_source(batch))
        (folder / "host.c").write_text(host_source(batch))
        (self.through_clang if batch.route == "clang" else self.through_opt)(batch, folder / "s.c")
        support.output(self.clang, "--target=bpf", "-g", "-w", "-c", folder / "t.c", "-o",
                       folder / "t.o")
        support.output(self.clang, "-O1", "-w", "-fPIC", "-shared", "-fno-strict-aliasing",
                       "-fwrapv", f"-I{HERE}", folder / "host.c", "-o", folder / "host.so")
        done = subprocess.run([self.arguments.btfreloc, "relocate", folder / "s.o", "-k",
                               folder / "t.o", "-o", folder / "patched.o", "--force", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode > 1 and b"no CO-RE relocations" in done.stderr:
            shutil.copy(folder / "s.o", folder / "patched.o")
            return {"relocations": []}, owners
        if done.returncode > 1:
            raise RuntimeError(f"relocate {folder}/s.o: {done.stderr.decode(errors='replace')}")
        return json.loads(done.stdout), owners

    def run(self, batch):
        folder = batch.folder
        done = subprocess.run([self.runner, folder / "patched.o",
                               folder / "host.so", str(batch.seed),
                               *(["--no-kernel"] if self.arguments.no_kernel else [])],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        output = done.stdout.decode(errors="replace")
        if done.returncode == support.SKIPPED:
            support.skip(output.strip().removeprefix("skipped: "))
        if done.returncode != 0:
            raise RuntimeError(f"run_layouts {batch.folder}: exit status {done.returncode}\n"
                               + done.stderr.decode(errors="replace"))
        return [line.split("\t") for line in output.splitlines()]


def read_remarks(batch, owners):
    """The reasons of the remarks about each function; None for those about no function."""
    path = batch.folder / "remarks.yml"
    remarks = collections.defaultdict(list)
    if not path.exists():
        return remarks
    for text in path.read_text().split("\n--- "):
        if not text.removeprefix("--- ").startswith(("!Missed", "!Failure")):
            continue
        line = re.search(r"^DebugLoc:[^}]*?Line: (\d+)", text, re.MULTILINE)
        function = re.search(r"^Function: +'?[aph](\d+)", text, re.MULTILINE)
        number = int(function[1]) if function else None
        if line and int(line[1]) <= len(owners) and owners[int(line[1]) - 1]:
            number = owners[int(line[1]) - 1]
        said = " ".join(re.findall(r"^  - \w+: +'?(.*?)'?$", text, re.MULTILINE))
        remarks[number].append(re.sub(r"\w*\d[\w.\[\]]*", "_", said))
    return remarks


def fatal_relocations(report, owners):
    fatal = collections.defaultdict(list)
    for relocation in report["relocations"]:
        if relocation["outcome"] == "patched":
            continue
        line = (relocation["source"] or {}).get("line", 0)
        number = owners[line - 1] if 0 < line <= len(owners) else None
        program = re.match(r"[aph](\d+)$", relocation["program"] or "")
        fatal[number or (int(program[1]) if program else None)].append(relocation)
    return fatal
