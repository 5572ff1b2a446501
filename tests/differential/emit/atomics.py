#!/usr/bin/env python3
"""Every atomic operation of LLVM becomes an atomic instruction, or is refused at its line.

For each cpu a module has one function for each operation, type, ordering and use of the result.
`btfreloc emit` must refuse some, each by one error with the code unsupported-atomic and the
function's own line. The others make a second module, which must become an object: each function
has the atomic instruction of the right size that this cpu has, and no call. Loads and stores that
order nothing may be plain ones.
"""

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (lives one folder up)

CPUS = ["v1", "v2", "v3", "v4"]
SIZES = {"i8": 1, "i16": 2, "i32": 4, "i64": 8, "i128": 16, "ptr": 8, "float": 4, "double": 8}
INTEGERS = ["i8", "i16", "i32", "i64", "i128"]
UPDATES = ["xchg", "add", "sub", "and", "nand", "or", "xor", "max", "min", "umax", "umin",
           "uinc_wrap", "udec_wrap"]
UPDATES_SINCE_20 = ["usub_cond", "usub_sat"]
UPDATES_OF_FLOATS = ["fadd", "fsub", "fmax", "fmin"]
UPDATE_ORDERINGS = ["monotonic", "acquire", "release", "acq_rel", "seq_cst"]
EXCHANGE_ORDERINGS = ["monotonic monotonic", "acquire monotonic", "acq_rel acquire",
                      "seq_cst seq_cst"]
LOAD_ORDERINGS = ["unordered", "monotonic", "acquire", "seq_cst"]
STORE_ORDERINGS = ["unordered", "monotonic", "release", "seq_cst"]
FENCE_ORDERINGS = ["acquire", "release", "acq_rel", "seq_cst"]

# Instructions. Source: Documentation/bpf/standardization/instruction-set.rst, "Atomic operations".
CLASS, LDX, STX, JMP = 0x07, 0x01, 0x03, 0x05
MODE, MODE_MEM, MODE_ATOMIC = 0xe0, 0x60, 0xc0
SIZE_BITS = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}
CALL, LOAD_IMMEDIATE = 0x85, 0x18
FETCH = 0x01
IMMEDIATES = {"add": 0x00, "sub": 0x00, "or": 0x40, "and": 0x50, "xor": 0xa0, "xchg": 0xe0}
COMPARE_EXCHANGE, LOAD_ACQUIRE, STORE_RELEASE = 0xf1, 0x100, 0x110

HEADER = """target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"
"""
FOOTER = """!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "atomics.c", directory: "")
!3 = !DISubroutineType(types: !4)
!4 = !{null}
"""
FIRST_FREE_NODE = 5
MOST_GIVEN_UP = 3  # searched for, of one cpu
TIMEOUT = 10  # seconds, for one module

# `operation`: an update's name, or cmpxchg, load, store, fence.
Case = namedtuple("Case", "name operation type is_used ordering signature body")
Instruction = namedtuple("Instruction", "code immediate")


def result_of(type_, is_used):
    return (type_, f"ret {type_} %r") if is_used else ("void", "ret void")


def update(operation, type_, is_used, ordering):
    result, end = result_of(type_, is_used)
    return Case(f"{operation} {type_} {'used' if is_used else 'unused'} {ordering}", operation,
                type_, is_used, ordering, f"{result} (ptr %p, {type_} %v)",
                [f"%r = atomicrmw {operation} ptr %p, {type_} %v {ordering}", end])


def exchange(type_, is_used, ordering, kind):
    result, end = result_of(type_, is_used)
    return Case(f"{kind} {type_} {'used' if is_used else 'unused'} {ordering}", "cmpxchg", type_,
                is_used, ordering, f"{result} (ptr %p, {type_} %v, {type_} %w)",
                [f"%s = {kind} ptr %p, {type_} %v, {type_} %w {ordering}",
                 f"%r = extractvalue {{{type_}, i1}} %s, 0", end])


def load(type_, ordering, alignment):
    return Case(f"load {type_} {ordering} align {alignment}", "load", type_, True, ordering,
                f"{type_} (ptr %p)",
                [f"%r = load atomic {type_}, ptr %p {ordering}, align {alignment}",
                 f"ret {type_} %r"])


def store(type_, ordering, alignment):
    return Case(f"store {type_} {ordering} align {alignment}", "store", type_, False, ordering,
                f"void (ptr %p, {type_} %v)",
                [f"store atomic {type_} %v, ptr %p {ordering}, align {alignment}", "ret void"])


def fence(ordering, scope=""):
    return Case(f"fence {scope}{ordering}", "fence", "i8", False, ordering, "void ()",
                [f"fence {scope}{ordering}", "ret void"])


def all_cases(major):
    for operation in UPDATES + (UPDATES_SINCE_20 if major >= 20 else []):
        types = INTEGERS + (["ptr", "float", "double"] if operation == "xchg" else [])
        yield from (update(operation, type_, is_used, ordering) for type_ in types
                    for is_used in (False, True) for ordering in UPDATE_ORDERINGS)
    yield from (update(operation, type_, is_used, "seq_cst") for operation in UPDATES_OF_FLOATS
                for type_ in ("float", "double") for is_used in (False, True))
    yield from (exchange(type_, is_used, ordering, kind) for kind in ("cmpxchg", "cmpxchg weak")
                for type_ in [*INTEGERS, "ptr"] for is_used in (False, True)
                for ordering in EXCHANGE_ORDERINGS)
    for type_, size in SIZES.items():
        for alignment in {size, 1}:
            yield from (load(type_, ordering, alignment) for ordering in LOAD_ORDERINGS)
            yield from (store(type_, ordering, alignment) for ordering in STORE_ORDERINGS)
    yield from (fence(ordering) for ordering in FENCE_ORDERINGS)
    yield fence("seq_cst", 'syncscope("singlethread") ')


def module_text(cases):
    """One function for each case, named after its number, which is also its line."""
    parts = [HEADER]
    for number, case in cases:
        place = FIRST_FREE_NODE + 2 * number
        result, parameters = case.signature.split(" ", 1)
        code = "\n".join(f"  {line}, !dbg !{place + 1}" for line in case.body)
        parts.append(
            f'define {result} @f{number}{parameters} section "raw_tp/f" !dbg !{place} {{\n'
            f"{code}\n}}\n"
            f'!{place} = distinct !DISubprogram(name: "f{number}", scope: !2, file: !2, '
            f"line: {number}, type: !3, spFlags: DISPFlagDefinition, unit: !0)\n"
            f"!{place + 1} = !DILocation(line: {number}, column: 1, scope: !{place})\n")
    return "\n".join([*parts, FOOTER])


class Emitter:
    def __init__(self, btfreloc, major, level, folder):
        self.btfreloc = btfreloc
        self.command = [btfreloc, "emit", "--llvm", str(major), f"-O{level}"]
        self.source, self.target = folder / "in.ll", folder / "out.o"
        self.objcopy = support.tool(f"llvm-objcopy-{major}")

    def emit(self, cases, cpu):
        """Exit status and the findings; None with what it says when LLVM gives up."""
        self.source.write_text(module_text(cases))
        self.target.unlink(missing_ok=True)
        try:
            done = subprocess.run([*self.command, str(self.source), "--mcpu", cpu, "--json",
                                   "--allow=no-records", "-o", str(self.target)],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return 2, None, f"it does not end in {TIMEOUT} s"
        if done.returncode != 0 and self.target.exists():
            raise RuntimeError(f"an object in spite of exit status {done.returncode}")
        if not done.stdout:
            return done.returncode, None, done.stderr.decode(errors="replace").split("\n")[0]
        return done.returncode, json.loads(done.stdout)["findings"], ""

    def first_given_up(self, cases, cpu):
        """Of cases that fail together one that fails alone, and what is said then."""
        while len(cases) > 1:
            half = cases[:len(cases) // 2]
            cases = half if self.emit(half, cpu)[0] != 0 else cases[len(half):]
        return cases[0], self.emit(cases, cpu)[2]

    def code(self):
        """The instructions of each function of the object, by its number."""
        content = self.target.with_suffix(".code")
        support.output(self.objcopy, f"--dump-section=raw_tp/f={content}", self.target)
        code = content.read_bytes()
        programs = support.dump_json(self.btfreloc, self.target)["programs"]
        return {int(program["name"][1:]): [
            Instruction(*struct.unpack_from("<B3xi", code, program["section_offset"] + 8 * index))
            for index in range(program["insns"])] for program in programs}


def refused(findings, cases, comparison, where):
    """The numbers of the cases that are refused, each of which must be so by one error."""
    numbers = dict(cases)
    count = {}
    for finding in findings:
        number = finding["line"]
        name = numbers[number].name if number in numbers else "no function's line"
        if finding["code"] != "unsupported-atomic":
            comparison.check(f"{finding['code']}: {finding['message']}", "unsupported-atomic",
                             f"{where}: {name}")
        count[number] = count.get(number, 0) + 1
    for number, errors in count.items():
        if number in numbers:
            comparison.check(errors, 1, f"{where}: errors for {numbers[number].name}")
    return set(count)


def is_atomic(instruction):
    return instruction.code & (CLASS | MODE) == STX | MODE_ATOMIC


def size_of(instruction):
    return SIZE_BITS[instruction.code & 0x18]


def is_of_cpu(immediate, cpu):
    if immediate in (LOAD_ACQUIRE, STORE_RELEASE):
        return cpu == "v4"
    return immediate == IMMEDIATES["add"] or cpu in ("v3", "v4")


def wanted(case):
    """Immediates of which an instruction must have one; None for a plain load or store."""
    if case.operation == "load":
        return {LOAD_ACQUIRE} | ({None} if case.ordering in LOAD_ORDERINGS[:2] else set())
    if case.operation == "store":
        return {STORE_RELEASE} | ({None} if case.ordering in STORE_ORDERINGS[:2] else set())
    if case.operation == "xchg":
        return {IMMEDIATES["xchg"] | FETCH}
    if case.operation in IMMEDIATES:
        immediate = IMMEDIATES[case.operation]
        return {immediate | FETCH} | (set() if case.is_used else {immediate})
    return {COMPARE_EXCHANGE}  # also of a loop


def problem_of(case, instructions, cpu):
    """What is wrong with the code of a function; "" when nothing is."""
    if any(instruction.code == CALL for instruction in instructions):
        return "a call"
    if case.operation == "fence":
        return "" if "singlethread" in case.name else "an object"
    atomics = [instruction for instruction in instructions if is_atomic(instruction)]
    other = [instruction for instruction in atomics if not is_of_cpu(instruction.immediate, cpu)]
    if other:
        return f"an instruction that {cpu} does not have: {other[0].immediate:#x}"
    class_of_plain = {"load": LDX, "store": STX}.get(case.operation)
    found = {instruction.immediate for instruction in atomics
             if size_of(instruction) == SIZES[case.type]}
    found |= {None for instruction in instructions
              if instruction.code & (CLASS | MODE) == (class_of_plain or 0) | MODE_MEM
              and size_of(instruction) == SIZES[case.type]}
    if not found & wanted(case):
        return f"no atomic instruction of this kind and {SIZES[case.type]} bytes"
    return ""


def check_cpu(emitter, cases, cpu, comparison, where):
    status, findings, said = emitter.emit(cases, cpu)
    if findings is None:
        case, said = emitter.first_given_up(cases, cpu)
        comparison.check(said, "one error", f"{where}: {case[1].name}")
        return 0
    refusals = refused(findings, cases, comparison, where)
    comparison.check(status, 1, f"{where}: exit status")
    accepted = [case for case in cases if case[0] not in refusals]
    for _ in range(MOST_GIVEN_UP):
        status, _, said = emitter.emit(accepted, cpu)
        if status == 0:
            break
        case, said = emitter.first_given_up(accepted, cpu)
        comparison.check(said, "an object, or unsupported-atomic", f"{where}: {case[1].name}")
        accepted.remove(case)
    else:
        return 0
    code = emitter.code()
    for number, case in accepted:
        comparison.check(problem_of(case, code[number], cpu), "", f"{where}: {case.name}")
    return len(accepted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--llvm", type=int, required=True)
    parser.add_argument("--cpu", action="append", help="all of them by default")
    parser.add_argument("--level", default="2", help="of optimization")
    parser.add_argument("--all-differences", action="store_true", help="print every difference")
    arguments = parser.parse_args()
    comparison = support.Comparison("operations")
    if arguments.all_differences:
        comparison.MOST_SHOWN = sys.maxsize
    cases = list(enumerate(all_cases(arguments.llvm), start=1))
    with tempfile.TemporaryDirectory() as folder:
        emitter = Emitter(arguments.btfreloc, arguments.llvm, arguments.level, Path(folder))
        for cpu in arguments.cpu or CPUS:
            accepted = check_cpu(emitter, cases, cpu, comparison, f"LLVM {arguments.llvm}, {cpu}")
            print(f"{cpu}: {len(cases)} functions, {accepted} compiled")
    comparison.finish()


if __name__ == "__main__":
    main()
