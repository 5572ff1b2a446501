#!/usr/bin/env python3
"""The LLVM pass never makes a program read or write the wrong place.

Random records (layout S) and functions that access them are compiled for BPF through the pass, and
relocated for a shuffle of the records (layout T). The relocated programs run in the kernel, and in
a small BPF machine those that its verifier cannot follow. Each must return what the same function
compiled with T for this machine returns, and leave all of the memory as that does.

A function that the pass has a remark about is counted and not compared.
"""

import argparse
import collections
import concurrent.futures
import json
import shutil
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # The sources stay as they are.

from batches import make_batch, split  # noqa: E402
from functions import BITFIELDS, HOPELESS, WEIGHTS  # noqa: E402
from toolchain import ANNOTATIONS, Toolchain, fatal_relocations, read_remarks  # noqa: E402

PER_BATCH = 25       # Layouts.
MOST_SHOWN = 5
STACK_LIMIT = "BPF stack limit is exceeded"  # What copies of large records may do.
MOST_BROKEN = 10     # Functions that cannot be compiled, before the test gives up.
LEAST_COMPARED = 0.85  # Copies of records, container_of and much in unions must be remarked.
LEAST_LOADED = 0.95  # Of the programs meant for the kernel, those that its verifier takes.
LEAST_MOVED = 0.6    # Of the relocations, those whose value the target changes.


class Counts:
    def __init__(self):
        self.compared = collections.Counter()   # By category.
        self.remarked = collections.Counter()   # By reason.
        self.remarked_categories = collections.Counter()
        self.right_anyway = 0
        self.by_level = collections.Counter()
        self.kernel = 0
        self.refused = 0
        self.relocations = 0
        self.moved = 0
        self.wrong = 0
        self.wrong_categories = collections.Counter()


class Test:
    def __init__(self, arguments):
        self.arguments = arguments
        self.counts = Counts()
        self.toolchain = Toolchain(arguments)
        self.broken = 0

    def run_batch(self, number, count):
        return self.results_of(make_batch(self.arguments, number, count))

    def results_of(self, batch):
        """What judge() takes, for the batch or, when it cannot be compiled, for parts of it."""
        try:
            report, owners = self.toolchain.build(batch)
            lines = self.toolchain.run(batch)
        except RuntimeError as error:
            if self.broken > MOST_BROKEN:
                raise
            halves = split(batch)
            if halves:
                return [result for half in halves for result in self.results_of(half)]
            number = batch.layouts[0].functions[0].number
            if STACK_LIMIT in str(error):
                return [(batch, {"relocations": []}, {number: [f"(llc) {STACK_LIMIT}"]}, {}, [])]
            self.broken += 1
            failed = [str(number), "build", "wrong", str(error)]
            return [(batch, {"relocations": []}, {}, {}, [failed])]
        return [(batch, report, read_remarks(batch, owners), fatal_relocations(report, owners),
                 lines)]

    def judge(self, batch, report, remarks, fatal, lines):
        """Counts what a batch did, and shows what was wrong."""
        counts = self.counts
        wrong = {int(line[0]): line for line in lines if line[-2] == "wrong"}
        self.count_runs(lines)
        values = [r for r in report["relocations"] if r["outcome"] == "patched"]
        counts.relocations += len(values)
        counts.moved += sum(r["old"] != r["new"] for r in values)
        for reason in remarks.get(None, []):
            counts.remarked[f"(of no function) {reason}"] += 1
        kept = False
        for layout in batch.layouts:
            for function in layout.functions:
                kept |= self.judge_function(batch, layout, function, remarks, fatal, wrong)
        if not kept and not self.arguments.keep:
            shutil.rmtree(batch.folder)

    def count_runs(self, lines):
        for line in lines:
            if line[0] == "ran":
                self.counts.kernel += int(line[2])
                self.counts.refused += int(line[3])
            elif line[2] == "refused" and self.arguments.verbose:
                print(f"p{line[0]} refused: {line[3]}")

    def judge_function(self, batch, layout, function, remarks, fatal, wrong):
        """Whether something is wrong."""
        counts, number = self.counts, function.number
        if number in remarks:
            counts.remarked[remarks[number][0]] += 1
            counts.remarked_categories[function.category] += 1
            counts.right_anyway += number not in wrong
            return False
        if number in fatal and all(r["reason"] and "no-value" in json.dumps(r["reason"])
                                   for r in fatal[number]):
            counts.remarked["(relocate) no-value"] += 1
            counts.remarked_categories[function.category] += 1
            return False
        counts.compared[function.category] += 1
        counts.by_level[f"O{batch.level} {batch.route}"] += 1
        if number not in wrong and number not in fatal:
            return False
        counts.wrong += 1
        counts.wrong_categories[function.category] += 1
        if counts.wrong <= self.arguments.show:
            self.show(batch, layout, function, fatal.get(number, []), wrong.get(number))
        return True

    def show(self, batch, layout, function, fatal, wrong):
        print(f"wrong: seed {self.arguments.seed}, {batch.folder.name}, p{function.number}, "
              f"{function.category}, -O{batch.level} through {batch.route}")
        for relocation in fatal:
            print(f"  relocation {relocation['kind']} {relocation['root']}.{relocation['path']}: "
                  f"{relocation['outcome']}, {relocation['reason']}")
        if wrong:
            print(f"  {wrong[1]}: {wrong[3]}")
        print(f"--- layout S\n{layout.s_source}--- layout T\n{layout.t_source}"
              f"--- function\n{function.source}--- files: {batch.folder}\n")

    def run(self):
        counts = []
        left = self.arguments.count
        while left > 0:
            counts.append(min(left, PER_BATCH))
            left -= counts[-1]
        numbers = range(len(counts))
        if self.arguments.batch is not None:
            numbers, counts = [self.arguments.batch], [PER_BATCH]
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as pool:
            for result in pool.map(self.run_batch, numbers, counts):
                for part in result:
                    self.judge(*part)

    def finish(self, seconds):
        counts = self.counts
        compared, remarked = counts.compared.total(), counts.remarked_categories.total()
        for reason, count in counts.remarked.most_common():
            print(f"remarked: {count} {reason}")
        if remarked:
            print("remarked, by category:", by_count(counts.remarked_categories),
                  f"({counts.right_anyway} would have been right)")
        if counts.wrong:
            print("wrong, by category:", by_count(counts.wrong_categories))
        complaints = self.complaints(compared, remarked)
        print(f"{self.arguments.count} programs, {compared + remarked} functions in "
              f"{seconds:.0f} s: {compared} compared ({by_count(counts.by_level)}; "
              f"{counts.kernel} also in the kernel, {counts.refused} refused by its verifier), "
              f"{remarked} with remarks, {counts.moved} of {counts.relocations} relocations "
              f"moved, {counts.wrong} wrong; {by_count(counts.compared)}")
        for complaint in complaints:
            print(f"failed: {complaint}")
        sys.exit(1 if complaints else 0)

    def complaints(self, compared, remarked):
        """Why the test fails."""
        counts, arguments = self.counts, self.arguments
        absent = [name for name in arguments.categories
                  if not counts.compared[name] and name not in HOPELESS]
        found = []
        if counts.wrong:
            found.append(f"{counts.wrong} functions are wrong")
        if compared < LEAST_COMPARED * (compared + remarked):
            found.append(f"only {compared} of {compared + remarked} functions were compared")
        if counts.kernel < LEAST_LOADED * (counts.kernel + counts.refused):
            found.append(f"the verifier refused {counts.refused} programs, see --verbose")
        if absent and arguments.count >= 100:
            found.append(f"nothing was compared of: {', '.join(absent)}")
        if counts.moved < LEAST_MOVED * counts.relocations and not arguments.unshuffled:
            found.append(f"only {counts.moved} of {counts.relocations} relocations moved")
        return found


def by_count(counter):
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="layouts, with their functions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="only this one, to look at what was wrong")
    parser.add_argument("--plugin", help="the pass; without it nothing is relocated")
    parser.add_argument("--pass", dest="pass_", default="btfreloc", help="with options in <>")
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the files")
    parser.add_argument("--llvm", default="19", help="the major version of clang, opt and llc")
    parser.add_argument("--runner", help="run_layouts, compiled")
    parser.add_argument("--optimize", type=int, choices=[0, 1, 2])
    parser.add_argument("--annotate", choices=ANNOTATIONS, default="tag")
    parser.add_argument("--only", help="categories, separated by commas")
    parser.add_argument("--without", default="", help="the same; bitfields are all of these")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=MOST_SHOWN, help="of what is wrong")
    parser.add_argument("--keep", action="store_true", help="all files")
    parser.add_argument("--inlined", action="store_true",
                        help="at -O0, let clang inline before the pass sees the code")
    parser.add_argument("--unshuffled", action="store_true",
                        help="layout T is layout S: everything is right without relocations")
    parser.add_argument("--no-kernel", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    without = set(arguments.without.split(","))
    if "bitfields" in without:
        without |= BITFIELDS
    only = set(arguments.only.split(",")) if arguments.only else set(WEIGHTS)
    arguments.categories = {name: weight for name, weight in WEIGHTS.items()
                            if name in only and name not in without}
    arguments.work.mkdir(parents=True, exist_ok=True)
    return arguments


def main():
    arguments = parsed_arguments()
    start = time.monotonic()
    test = Test(arguments)
    try:
        test.run()
    except RuntimeError as error:
        print(f"failed: {error}")
        sys.exit(1)
    test.finish(time.monotonic() - start)


if __name__ == "__main__":
    main()
