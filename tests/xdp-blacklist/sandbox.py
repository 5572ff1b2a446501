"""Where tests of xdp-blacklist run: each case in a process with mounts, network and process ids of
its own, several at a time.

A case sees an empty /run, a BPF file system of its own, and no network but what it makes. All of it
belongs to the kernel: however a case ends, killed ones included, its pins, links, interfaces, and
processes are gone with it.
"""

import argparse
import contextlib
import ctypes
import fnmatch
import inspect
import json
import os
import platform
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77
CASE_DEADLINE = 150  # seconds, on a machine that is busy
CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID = 0x00020000, 0x40000000, 0x20000000
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 0x40000, 0x1000
PR_SET_PDEATHSIG = 1
# include/uapi/linux/bpf.h, enum bpf_cmd
BPF_MAP_CREATE, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_OBJ_PIN, BPF_OBJ_GET = 0, 1, 2, 6, 7
BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD = 13, 14, 15
BPF_LINK_GET_FD_BY_ID = 30
SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}
LIBC = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    """Something that the case needs is not here."""


def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount(source, target, kind, flags=0, data=None):
    must(LIBC.mount(source.encode(), str(target).encode(), kind and kind.encode(),
                    ctypes.c_ulong(flags), data and data.encode()))


# ---- what a case asks ----------------------------------------------------------------------------

checks = 0


def expect(condition, message):
    global checks  # of this case: it has a process of its own
    checks += 1
    if not condition:
        raise AssertionError(message)


def equal(found, wanted, what):
    expect(found == wanted, f"{what}: {found!r}, not {wanted!r}")


def eventually(is_so, what, seconds=8):
    """For what the kernel does by and by, and other processes in their time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        expect(time.monotonic() < deadline, f"not in {seconds} s: {what}")
        time.sleep(0.02)


def run(*command, status=0, timeout=30, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=timeout,
                          **options)
    expect(status is None or done.returncode == status,
           f"{' '.join(map(str, command))}\nexit status {done.returncode}, not {status}\n"
           f"{done.stdout}{done.stderr}")
    return done


def ip(*lines, netns=None):
    """Lines for `ip -batch`."""
    run("ip", *(["-n", netns] if netns else []), "-batch", "-", input="\n".join(lines) + "\n")


def as_user(user, group, groups=()):
    """Options of run() that drop all capabilities: what a user without any has."""
    return {"user": user, "group": group, "extra_groups": list(groups)}


class Tool:
    """The command under test."""

    def __init__(self, path, built, features="all", name=None):
        self.path, self.object, self.features = path, built, features
        self.globals = ["--name", name] if name else []

    def named(self, name):
        return Tool(self.path, self.object, self.features, name)

    def __call__(self, command, *arguments, status=0, **options):
        return run(self.path, *self.globals, command, *arguments, status=status, **options)

    def load(self, *arguments, **options):
        return self("load", *arguments, "--object", self.object, **options)

    def reload(self, *arguments, **options):
        return self("reload", "--object", self.object, *arguments, **options)

    def start(self, command, *arguments, **options):
        return subprocess.Popen([str(word) for word in (self.path, *self.globals, command,
                                                        *arguments)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **options)

    def json(self, command, *arguments, **options):
        return json.loads(self(command, *arguments, "--json", **options).stdout)

    def dropped(self):
        """Packets that were dropped, by verdict; those of which there were none are left out."""
        verdicts = self.json("stats")["verdicts"]
        return {name: count["packets"] for name, count in verdicts.items()
                if count["packets"] and name not in ("pass", "allowed", "unread")}

    def verdict(self, name):
        return self.json("stats")["verdicts"][name]["packets"]

    def packets(self):
        """Packets by rule."""
        return {record["rule"]: record["packets"] for record in self.json("list")["rules"]}

    def refuses(self, *command, **options):
        """The text of an error, which has to have its form: what and why, then what to type."""
        done = self(*command, status=2, **options)
        lines = done.stderr.splitlines()
        expect(lines and lines[0].startswith("error["), f"{command}: {done.stderr!r}")
        expect(not done.stdout, f"{command} fails, and prints {done.stdout!r}")
        return done.stderr


# ---- bpf(2) --------------------------------------------------------------------------------------

def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return must(LIBC.syscall(SYS_BPF[platform.machine()], command, buffer, len(attributes)))


@contextlib.contextmanager
def pinned(path, flags=0):
    text, _text = pointer_to(os.fsencode(str(path)) + b"\0")
    fd = bpf(BPF_OBJ_GET, struct.pack("=QII", text, 0, flags))
    try:
        yield fd
    finally:
        os.close(fd)


def id_of(path, place):
    """The id of a pinned map, program or link. `place` of it in struct bpf_*_info, in words."""
    pointer, info = pointer_to(bytes(64))
    with pinned(path) as fd:
        bpf(BPF_OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", fd, len(info), pointer))
    return struct.unpack_from("=I", info, 4 * place)[0]


def pointer_to(data):
    """To memory that begins with the bytes, and that memory itself, which has to stay."""
    memory = ctypes.create_string_buffer(data, len(data))
    return ctypes.cast(memory, ctypes.c_void_p).value, memory


def value_of(path, size):
    """The first value of a pinned array."""
    (key, _), (value, memory) = pointer_to(bytes(4)), pointer_to(bytes(size))
    with pinned(path) as fd:
        bpf(BPF_MAP_LOOKUP_ELEM, struct.pack("=IIQQQ", fd, 0, key, value, 0))
    return memory.raw


def pin_array(path, content):
    """Puts an array of one value in the place of what is pinned there."""
    fd = bpf(BPF_MAP_CREATE, struct.pack("=IIIII", 2, 4, len(content), 1, 0))
    (key, _), (value, _memory) = pointer_to(bytes(4)), pointer_to(content)
    bpf(BPF_MAP_UPDATE_ELEM, struct.pack("=IIQQQ", fd, 0, key, value, 0))
    path.unlink()
    text, _text = pointer_to(os.fsencode(str(path)) + b"\0")
    bpf(BPF_OBJ_PIN, struct.pack("=QII", text, fd, 0))
    os.close(fd)


def is_alive(command, number):
    """Whether the kernel still has the program, map or link of this id."""
    try:
        os.close(bpf(command, struct.pack("=III", number, 0, 0)))
    except FileNotFoundError:
        return False
    return True


def section(data, name):
    """(offset, size) of a section of an ELF file of 64 bits."""
    table, = struct.unpack_from("=Q", data, 40)
    count, names = struct.unpack_from("=HH", data, 60)
    rows = [struct.unpack_from("=IIQQQQ", data, table + 64 * i) for i in range(count)]
    for row in rows:
        begin = rows[names][4] + row[0]
        if data[begin:data.index(b"\0", begin)] == name:
            return row[4], row[5]
    raise AssertionError(f"no section {name}")


# ---- the place -----------------------------------------------------------------------------------

FOLDER = Path("/run/test")  # of the case alone, and gone with it


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def move_in():
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", "/run", "tmpfs", data="mode=755")
    while LIBC.umount2(b"/sys/fs/bpf", 2) == 0:  # MNT_DETACH: the machine's is out of reach
        pass
    mount("bpf", "/sys/fs/bpf", "bpf", data="mode=700")
    mount("proc", "/proc", "proc")
    for folder in (FOLDER, Path("/run/netns"), Path("/run/tool")):
        folder.mkdir()
    run("ip", "link", "set", "lo", "up")


def borrow(path, name=None):
    """A file under /run/tool, where all users may reach it."""
    place = Path("/run/tool") / (name or Path(path).name)
    place.touch()
    mount(str(path), place, None, MS_BIND)
    return place


def enter_and_call(function, arguments, report):
    """In a child: makes the place, and calls the function in a grandchild that is its process 1."""
    die_with_parent()
    os.setsid()
    os.dup2(report.fileno(), 1)
    os.dup2(report.fileno(), 2)
    try:
        must(LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID))
    except OSError as error:
        print(f"no namespaces: {error}", flush=True)
        os._exit(SKIPPED)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xff)
    die_with_parent()
    status = 1
    try:
        move_in()
        function(*arguments)
        print(f"{checks} checks", flush=True)
        status = 0
    except Skip as reason:
        print(f"skipped: {reason}")
        status = SKIPPED
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class Running:
    """A case in its place."""

    def __init__(self, name, function, arguments):
        self.name, self.began = name, time.monotonic()
        self.report = tempfile.TemporaryFile("w+")
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            enter_and_call(function, arguments, self.report)

    def seconds(self):
        return time.monotonic() - self.began

    def finish(self, status):
        self.report.seek(0)
        text = self.report.read().strip()
        word = {0: "ok", SKIPPED: "skipped"}.get(status, "FAILED")
        last = text.splitlines()[-1] if text else ""
        print(f"{word:7} {self.seconds():5.1f} s  {self.name}"
              + (f"  {last}" if status in (0, SKIPPED) else f"\n{text}"), flush=True)
        return status


def run_cases(cases, jobs):
    """[(name, function, arguments)]; the exit status of the test."""
    waiting, running, statuses = list(cases), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            one = Running(*waiting.pop(0))
            running[one.pid] = one
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            statuses.append(running.pop(pid).finish(os.waitstatus_to_exitcode(status) & 0xff))
            continue
        for one in running.values():
            if one.seconds() > CASE_DEADLINE:
                print(f"{one.name} takes more than {CASE_DEADLINE} s", flush=True)
                os.kill(one.pid, signal.SIGKILL)  # and all that it started
        time.sleep(0.02)
    failed = [status for status in statuses if status not in (0, SKIPPED)]
    print(f"{len(statuses)} cases, {len(failed)} failed, {statuses.count(SKIPPED)} skipped")
    if failed:
        return 1
    return SKIPPED if statuses.count(SKIPPED) == len(statuses) else 0


def variants(registered, arguments, tool):
    """The cases to run; parameters of a case beside the tool are in its attribute `variants`."""
    for function in registered:
        if arguments.features == "core" and not getattr(function, "core", False):
            continue
        for values in getattr(function, "variants", [()]):
            name = ".".join([function.__name__, *map(str, values)])
            if arguments.cases and not any(fnmatch.fnmatch(name, case) for case in arguments.cases):
                continue
            wanted = len(inspect.signature(function).parameters)
            yield name, function, (tool, *values)[:wanted]


def core(function):
    """Marks what the program in Rust can do, too."""
    function.core = True
    return function


def with_each(*values):
    """Runs the case once for each of the values."""
    def mark(function):
        function.variants = [(value,) for value in values]
        return function
    return mark


def main(description, registered, add_arguments=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--xdp-blacklist", required=True, type=Path)
    parser.add_argument("--object", required=True, type=Path)
    parser.add_argument("--features", choices=["all", "core"], default="all",
                        help="core: only what the object in Rust can do")
    parser.add_argument("--jobs", type=int, default=4, help="cases at a time")
    parser.add_argument("cases", nargs="*", metavar="case",
                        help="only these: patterns as of a shell")
    if add_arguments:
        add_arguments(parser)
    arguments = parser.parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.environ["NO_COLOR"] = "1"
    if os.geteuid() != 0:
        print("skipped: needs root, for namespaces and BPF")
        sys.exit(SKIPPED)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tool = Tool(arguments.xdp_blacklist.resolve(), arguments.object.resolve(), arguments.features)
    tool.arguments = arguments
    sys.exit(run_cases(variants(registered, arguments, tool), arguments.jobs))
