#!/usr/bin/env python3
"""Runs the benchmarks, prints one table of ratios, and fails when a gate is missed.

The input is the running kernel's BTF, or a 6.18 kernel's from the corpus. Times are the fastest of
several runs; ratios compare two programs in the same run on the same machine, so that they mean
something on a noisy one.
"""

import argparse
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
RUNS = 10


def kernel_btf(folder):
    """A regular file with a kernel's BTF: both programs may map it."""
    target = Path(folder, "vmlinux.btf")
    running = Path("/sys/kernel/btf/vmlinux")
    if running.is_file():
        target.write_bytes(running.read_bytes())
        return target
    packed = sorted(Path(os.environ.get("BTFRELOC_CORPUS", "/nonexistent"))
                    .glob("kernels/amd64/6.18*.btf.xz"))
    if not packed:
        print("skipped: the kernel shows no BTF and BTFRELOC_CORPUS names no 6.18 kernel")
        sys.exit(SKIPPED)
    with lzma.open(packed[0]) as file:
        target.write_bytes(file.read())
    return target


def cpu_time(*command):
    """CPU milliseconds of a command, its output in a file; the least of several runs."""
    least = float("inf")
    for _ in range(RUNS):
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen([str(part) for part in command], stdout=out)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise RuntimeError(f"{command} failed")
        least = min(least, (usage.ru_utime + usage.ru_stime) * 1000)
    return least


def peak_memory(*command):
    """MB at most. Through time(1), which is small: a child of ours would start from our own."""
    with tempfile.NamedTemporaryFile("r") as report, open(os.devnull, "wb") as out:
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", report.name, *map(str, command)],
                       stdout=out, stderr=out, check=True)
        return int(report.read()) / 1000


def instructions(*command):
    """Instructions of a whole process in user mode, in millions: repeatable, unlike its time."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind",
                               f"--callgrind-out-file={folder}/out", *map(str, command)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(re.search(rb"Collected : (\d+)", done.stderr).group(1)) / 1e6


class Table:
    ROW = "{:<44} {:>10} {:>10} {:>8} {:>7}  {}"

    def __init__(self):
        self.missed = 0
        print(self.ROW.format("item", "ours", "peer", "ratio", "gate", ""))

    def ratio(self, item, ours, peer, gate=None):
        result = "" if gate is None else "pass" if peer / ours >= gate else "MISSED"
        self.missed += result == "MISSED"
        print(self.ROW.format(item, f"{ours:.3f}", f"{peer:.3f}", f"{peer / ours:.1f}x",
                              "" if gate is None else f"{gate}x", result))

    def value(self, item, value):
        print(self.ROW.format(item, f"{value:.1f}", "", "", "", ""))

    def below(self, item, value, limit):
        result = "pass" if value < limit else "MISSED"
        self.missed += result == "MISSED"
        print(self.ROW.format(item, f"{value:.1f}", "", "", f"< {limit}", result))


def relocations(table, arguments, kernel):
    """The gates are those of the object with 200 relocations, and of the one with 5,000."""
    for name, gate in (("a10", None), ("b200", 40), ("c5000", 100)):
        path = arguments.objects / f"{name}.bpfel.o"
        ours, peer = map(float, subprocess.check_output(
            [arguments.bench_relocate, path, kernel]).split())
        table.ratio(f"relocate {name}: open, decide, patch", ours, peer, gate)
    for name, limit in (("b200", 12), ("c5000", 80)):
        path = arguments.objects / f"{name}.bpfel.o"
        command = (arguments.btfreloc, "relocate", path, "-k", kernel, "-o", os.devnull)
        table.below(f"relocate {name}, M instructions", instructions(*command), limit)
        inputs = (kernel.stat().st_size + path.stat().st_size) / 1e6
        table.below(f"relocate {name}, peak MB without its inputs",
                    peak_memory(*command) - inputs, 10)


def minimize(table, arguments, bpftool, folder):
    """All libbpf-tools on the amd64 kernels of the corpus: one process, and one for each kernel."""
    corpus = Path(os.environ.get("BTFRELOC_CORPUS", "/nonexistent"))
    packed = sorted(corpus.glob("kernels/amd64/*.btf.xz"))
    objects = sorted(corpus.glob("objects/libbpf-tools/*.o"))
    if not packed or not objects:
        print("minimize: skipped, BTFRELOC_CORPUS names no kernels and objects")
        return
    kernels = []
    for path in packed:
        kernels.append(Path(folder, path.name.removesuffix(".xz")))
        with lzma.open(path) as file:
            kernels[-1].write_bytes(file.read())
    command = (arguments.btfreloc, "minimize", *objects, "-k", ",".join(map(str, kernels)),
               "-o", Path(folder, "minimized"))
    peer = sum(cpu_time(bpftool, "gen", "min_core_btf", kernel, Path(folder, "min.btf"), *objects)
               for kernel in kernels)
    table.ratio(f"minimize {len(objects)} objects x {len(kernels)} kernels, CPU",
                cpu_time(*command), peer, 15)
    table.below("minimize, M instructions a kernel", instructions(*command) / len(kernels), 45)


def wall_time(command, dropped):
    """Milliseconds of a whole process that finds nothing of some files in memory; the median."""
    times = []
    for _ in range(2 * RUNS):
        for path in dropped:
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        start = time.perf_counter()
        subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[len(times) // 2]


def shipped_set(table, arguments, folder, packed):
    """The set that ships, or else one of the corpus; the corpus' is built in any case."""
    built = Path(folder, "corpus.btfset")
    command = (arguments.bench_kernel_set, "build", built, *packed)
    reading, adding, writing, size, files = map(float, subprocess.check_output(
        [str(part) for part in command]).split())
    table.below("kernel set: build, seconds", (reading + adding + writing) / 1000, 20)
    table.value("kernel set: of these, to decompress files", reading / 1000)
    table.below("kernel set: build, peak MB", peak_memory(*command), 1000)
    table.ratio("kernel set: KB, against xz files", size / 1000, files / 1000, 4)
    return arguments.shipped_set if arguments.shipped_set.is_file() else built


def kernel_sets(table, arguments, folder):
    """One question about all kernels: of a set, of compressed files, and by libbpf of plain files."""
    corpus = Path(os.environ.get("BTFRELOC_CORPUS", "/nonexistent"), "kernels")
    packed = sorted(corpus.glob("*/*.btf.xz"))
    if not packed:
        print("kernel set: skipped, BTFRELOC_CORPUS names no kernels")
        return
    kernel_set = shipped_set(table, arguments, folder, packed)
    for name, limit in (("a10", None), ("b200", 300), ("c5000", None)):
        path = arguments.objects / f"{name}.bpfel.o"
        ours, kernels, slices = map(float, subprocess.check_output(
            [arguments.bench_kernel_set, "query", kernel_set, path]).split())
        item = f"kernel set: {name} x {kernels:.0f} kernels, {slices:.0f} slices, us each"
        if limit is None:
            table.value(item, ours)
        else:
            table.below(item, ours, limit)
    b200 = arguments.objects / "b200.bpfel.o"
    decide = (arguments.bench_kernel_set, "decide", kernel_set, b200)
    table.below("kernel set: b200, whole process, cold, ms",
                wall_time(decide, [kernel_set, b200]), 25)
    table.below("kernel set: b200, peak MB", peak_memory(*decide), 64)
    ours = float(subprocess.check_output(
        [arguments.bench_kernel_set, "query", kernel_set, b200]).split()[0])
    peer = float(subprocess.check_output(
        [arguments.bench_kernel_set, "files", b200, *packed]).split()[0])
    table.ratio("kernel set: b200, us a kernel, against xz files", ours, peer)
    peers = []
    for path in packed:
        if path.parent.name == "s390x":
            continue
        plain = Path(folder, "plain.btf")
        with lzma.open(path) as file:
            plain.write_bytes(file.read())
        peers.append(float(subprocess.check_output(
            [arguments.bench_relocate, b200, plain]).split()[1]) * 1000)
    table.ratio("kernel set: b200, us a kernel, against libbpf", ours, sum(peers) / len(peers), 40)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--bench-open", required=True)
    parser.add_argument("--bench-relocate", required=True)
    parser.add_argument("--bench-kernel-set", required=True)
    parser.add_argument("--shipped-set", required=True, type=Path)
    parser.add_argument("--objects", required=True, type=Path)
    arguments = parser.parse_args()
    bpftool = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin")
    if not bpftool:
        print("skipped: bpftool is not installed")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        kernel = kernel_btf(folder)
        print(f"a kernel's BTF of {kernel.stat().st_size:,} bytes; times in ms")
        table = Table()
        warm, peer_warm, first, peer_first = map(float, subprocess.check_output(
            [arguments.bench_open, "btf", kernel]).split())
        table.ratio("open and validate, first in a process", first, peer_first, 3)
        table.ratio("open and validate, warm", warm, peer_warm, 3)
        for name in ("a10", "b200", "c5000"):
            ours, peer = map(float, subprocess.check_output(
                [arguments.bench_open, "object", arguments.objects / f"{name}.bpfel.o"]).split())
            table.ratio(f"open object {name}", ours, peer)
        raw_dump = (arguments.btfreloc, "dump", "--raw", kernel)
        peer_cpu = cpu_time(bpftool, "btf", "dump", "file", kernel, "format", "raw")
        table.ratio("dump --raw, CPU of the process", cpu_time(*raw_dump), peer_cpu, 8)
        table.below("dump --raw, peak memory in MB", peak_memory(*raw_dump), 16)
        table.ratio("header, CPU of the process",
                    cpu_time(arguments.btfreloc, "header", "-k", kernel),
                    cpu_time(bpftool, "btf", "dump", "file", kernel, "format", "c"), 5)
        relocations(table, arguments, kernel)
        minimize(table, arguments, bpftool, folder)
        kernel_sets(table, arguments, folder)
        history = (arguments.btfreloc, "history", "task_struct.state", "-k", arguments.shipped_set,
                   "--arch", "x86_64")
        table.below("history of a member, whole process, cold, ms",
                    wall_time(history, [arguments.shipped_set]), 15)
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
