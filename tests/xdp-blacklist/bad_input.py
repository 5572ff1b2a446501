#!/usr/bin/env python3
"""What is typed wrong, and what the machine lacks: the error says what and why, what to type next,
and nothing is changed. Exit status 2."""

import re
import shutil
import subprocess

from sandbox import (FOLDER, Path, as_user, borrow, equal, eventually, expect, ip, is_alive, main,
                     pin_array, run, BPF_PROG_GET_FD_BY_ID, id_of)
from wire import Wire, inside

PINS = Path("/sys/fs/bpf/xdp-blacklist/default")
LONG_LABEL = "b" * 64
LONG_NAME = ".".join(["abcdefghi"] * 26)  # 259 bytes
LONG_AGENT = "c" * 64

# What is typed | what the first line says | what the help says.
RULES = """
add 10.1.2                      | has 3 numbers, and an IPv4 address has 4 | `10.0.0.0/8`
add 10.1.2.3.4                  | has 5 numbers |
add 10.1.2.256                  | `256` of `10.1.2.256` is more than 255 |
add 010.1.2.3                   | zeros in front of a number | in decimal: `10.1.2.3`
add 10.1.2.3/33                 | `33` is not a prefix of an IPv4 address | from 0 to 32
add 10.1.2.3/8                  | host bits are set in `10.1.2.3/8` | `10.0.0.0/8` for the prefix
add 10.0.0.0/                   | is not a prefix | from 0 to 32
add 2001:db8::/129              | `129` is not a prefix of an IPv6 address | from 0 to 128
add 2001:db8::1/32              | host bits are set | `2001:db8::/32` for the prefix
add 2001:db8::g                 | is not an IPv6 address |
add 1:2:3:4:5:6:7               | is not an IPv6 address |
add fe80::1%eth0                | has a zone id | `fe80::1`
add ::ffff:10.1.2.3             | is an IPv4 address in the form of IPv6 | write `10.1.2.3`
add tcp:0                       | `0` is not a port |
add tcp:65536                   | `65536` is not a port: they are 1 to 65535 |
add udp:1-70000                 | `70000` is not a port |
add tcp:                        | is not a port | number
add tcp:80-                     | is not a port | number
add tcp:-80                     | is not a port | number
add tcp:90-80                   | ends before it begins | write `80-90`
add tcp:http                    | `http` is not a port | getent services
add sctp:80                     | `sctp:80` is not a rule | kinds are tcp, udp
add hosts                       | `hosts` is not a rule | rules are as `10.0.0.0/8`
add ads.net                     | `ads.net` is not a rule | `name:ads.net`
add name:                       | is not a server name | write `name:ads.net`
add name:*                      | `*` that is not its first label | `name:*.ads.net`
add name:a*.b                   | `*` that is not its first label | `name:*.ads.net`
add name:a..b                   | has an empty label |
add name:a_b!.c                 | has other characters than |
add name:bücher.example         | is not in ASCII | `name:xn--bcher-kva.example`
add name:LABEL.example          | has 64 bytes, and at most 63 |
add name:LONG                   | 259 bytes, and at most 253 |
add agent:                      | 1 to 63 bytes, and this has 0 | any part
add agent:AGENT                 | 1 to 63 bytes, and this has 64 | any part
add                             | RULE is required | `xdp-blacklist add --help`
add 10.1.2.3 10.1.2.x           | `10.1.2.x` is not a rule |
add 10.1.2.3 --for 10           | `10` has no unit | `10s` is in seconds
add 10.1.2.3 --for 0s           | `0s` is no time at all |
add 10.1.2.3 --for 99999d       | more than ten years | leave the time out
add 10.1.2.3 --for soon         | `soon` is not a duration | write `90s`
add 10.1.2.3 --group x          | `x` is not the number of a device group | `ip link`
add 10.1.2.3 --group 4294967296 | is not the number of a device group | `ip link`
add 10.1.2.3 --interface nope   | no interface `nope` | `ip -br link`
add 10.1.2.3 --netns nope       | no network namespace `nope` | `ip netns`
add 10.1.2.3 --group 1 --netns x | a rule has one scope | two rules
add 10.1.2.3 --netns ../x       | no network namespace | `ip netns`
add name:ads.net --group 1      | takes no scope | looked for in all packets
add agent:x --interface s0      | takes no scope | looked for in all packets
del 10.1.2.3/8                  | host bits are set | `10.0.0.0/8`
del ban:x                       | `x` is not an |
list hosts 10.1.2.3/8           | host bits are set | `10.0.0.0/8`
"""

COMMANDS = """
frobnicate                      |  | `xdp-blacklist --help`
lst                             |  | did you mean `list`?
--json                          | subcommand is required | `xdp-blacklist --help`
add --frobnicate 10.1.2.3       | not expected: --frobnicate | `xdp-blacklist add --help`
--name a/b list                 | `a/b` is no name of an instance | letters, digits, _ and -
--name .. list                  | `..` is no name of an instance | letters, digits, _ and -
--name LABEL list               | 1 to 60 letters | shorten it
--name other list               | no instance `other` is loaded | `xdp-blacklist load INTERFACE`
--name other reload             | no instance `other` is loaded | `xdp-blacklist load INTERFACE`
--name other unload             | no instance `other` is loaded | `xdp-blacklist load INTERFACE`
unload nope                     | `default` is not loaded on `nope` | `xdp-blacklist status`
list things                     | no list is named `things` | hosts, nets, ports
mode both                       | `both` is not a mode | block, allow
mode block --confirm 10s        | only the mode allow has to be confirmed | leave `--confirm` out
mode allow --confirm 10         | `10` has no unit | `10s`
test                            | nobody sends the packet | --src ADDRESS
test --src x                    | `x` is not an |
test --src 10.1.2.3 --dst ::1   | different families | two IPv4 or two IPv6
test --src ::1 --tcp 80 --udp 80 | a packet is TCP or UDP | leave one
test --src 10.1.2.3 --tcp 70000 | 70000 |
test --packet hex:0g            | `0g` is no byte in hexadecimal | two digits for each
test --packet hex:00            | 14 bytes of an Ethernet header |
test --packet /nope             | No such file |
test --src ::1 --interface nope | no interface is named `nope` | `ip link`
top -n x                        | -n |
stats --watch 0s                | `0s` is no time at all |
events --for x                  | `x` is not a duration | write `90s`
events --count x                | --count |
import /nope                    | No such file |
import /                        | Is a directory | name a file
import /dev/null --format xml   | `xml` is not a format | plain, ipset, json
export --format xml             | `xml` is not a format | plain, ipset, json
apply /nope                     | No such file |
policy /nope                    |  |
completions fish                | fish | `xdp-blacklist completions --help`
"""

LOADS = """
load                            | INTERFACE is required | `xdp-blacklist load --help`
load nope                       | no interface is named `nope` | `ip link`
load s0 --netns nope            | no network namespace is named `nope` | `ip netns list`
load s0 --xdp fast              | no XDP mode is named `fast` | auto, native and generic
load s0 --mode both             | `both` is not a mode | block, allow
load s0 --object /nope          | No such file |
load s0 --object /etc/passwd    | no BTF here | readable are BPF objects
load s0 --btf /nope             | No such file |
load s0 --max-rules 1           | 1 not in range 16 to 16777216 |
load s0 --only hosts5           | no list is named `hosts5` | hosts4, nets4
load s0 --without speed         | no feature is named `speed` | events, kernel-context
load s0 --owner nobodyhere      | no user is named `nobodyhere` |
load s0 --group nobodyhere      | no group is named `nobodyhere` |
load s0 --pin-mode 0999         | `0999` is no mode of a file | 0660
load s0 --confirm 30s           | only the mode allow has to be confirmed | `--mode allow`
load s0 --mode allow --confirm x | `x` is not a duration | write `90s`
load s0 --challenge --ban x     | `x` is not a duration | write `90s`
load s0 --most-fails 0          | 0 not in range 1 to 1000 |
load s0 --rules /nope           | No such file |
load s0 --pins /run/test        | there is no bpffs | mount -t bpf bpf /sys/fs/bpf
"""


def rows(table):
    for line in table.strip().splitlines():
        command, message, advice = (cell.strip() for cell in line.split("|"))
        for word, text in (("LABEL", LONG_LABEL), ("LONG", LONG_NAME), ("AGENT", LONG_AGENT)):
            command = command.replace(word, text)
        yield command, message, advice


def check_table(tool, table, **options):
    for command, message, advice in rows(table):
        done = run(tool.path, *command.split(), status=None, **options)
        first, _, rest = done.stderr.partition("\n")
        what = f"{command}\n{done.stdout}{done.stderr}"
        equal((done.returncode, done.stdout), (2, ""), what)
        expect(re.match(r"error\[[a-z-]+\]: .", first) and message in first, what)
        expect(advice in rest, what)


def state(tool):
    return (tool("export", "--format", "json").stdout, tool.json("status"),
            sorted((str(path), path.stat().st_ino) for path in PINS.rglob("*")))


def rules(tool):
    """Of rules: nothing is added, not even those in front of the bad one."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", "udp:53")
    before = state(tool)
    check_table(tool, RULES)
    equal(state(tool), before, "state")


def commands(tool):
    wire = Wire()
    tool.load(wire.device)
    tool("add", "udp:53")
    before = state(tool)
    check_table(tool, COMMANDS)
    equal(state(tool), before, "state")


def loads(tool):
    """What does not load leaves nothing behind."""
    wire = Wire()
    tool.path = borrow(tool.path)
    borrow(tool.object, "blacklist.bpf.o")
    check_table(tool, LOADS)
    left = [str(path) for path in Path("/sys/fs/bpf").rglob("*") if path.suffix != ".debug"]
    expect(set(left) <= {"/sys/fs/bpf/xdp-blacklist"}, f"left behind: {left}")
    wire.passes("ping", wire.address(2))


GOOD = ["10.1.2.3", "tcp:80", "name:ads.net", "2001:db8::/32 for=1h"]


def files(tool):
    """One bad line: it is named, and nothing is done; with --skip-bad all others are."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", "udp:53")
    before = state(tool)
    file = FOLDER / "rules"
    bad = {"10.1.2.3/8": "host bits", "tcp:99999": "99999", "frob": "frob", "10.1.2.3 for=x": "`x`",
           "name:" + LONG_LABEL: "64 bytes",
           "10.9.9.9 interface=nope": "nope"}
    for command in ("import", "apply"):
        for place in (0, 2, len(GOOD)):
            for line, word in bad.items():
                file.write_text("\n".join(["# comment", *GOOD[:place], line, *GOOD[place:]]) + "\n")
                error = tool.refuses(command, file)
                is_named = f"{file}" in error and re.search(rf"\b{place + 2}\b", error)
                expect(is_named and word in error, f"{command}, line {place + 2}: {error}")
                equal(state(tool), before, f"state after {command} of {line!r}")
    (FOLDER / "binary").write_bytes(b"10.1.2.3\n\0\1")
    tool.refuses("import", FOLDER / "binary")
    equal(state(tool), before, "state after a binary file")
    done = tool("import", file, "--skip-bad")
    expect(done.stderr.startswith("warning["), f"nothing is said: {done.stderr}")
    equal(len(tool.packets()), 1 + len(GOOD), "rules")
    file.write_text("# nothing\n10.1.2.3/8\n10.5.5.5\n")
    tool("apply", file, "--skip-bad")
    equal(set(tool.packets()), {"10.5.5.5"}, "rules")
    before = state(tool)
    for text in ('{"rules": [', '{"rules": [{"rule": "10.1.2.3/8"}]}', '{"rules": 7}',
                 "create x hash:frob\n", "add x 10.1.2.3.4\n"):
        file.write_text(text)
        for form in ("json", "ipset"):
            tool.refuses("import", file, "--format", form)
            equal(state(tool), before, f"state after {text!r}")


def other_layout(tool):
    """Pins of another version: nothing is read wrongly."""
    wire = Wire()
    tool.load(wire.device)
    tool("unload", "--keep-rules")
    pin_array(PINS / "config", bytes(40))
    for command in (("list",), ("add", "10.1.2.3"), ("stats",), ("mode", "allow"), ("status",)):
        error = tool.refuses(*command)
        expect("reload" in error, error)
    # No BTF that describes them: they cannot be migrated either.
    pin_array(PINS / "btf", bytes(100))
    tool.refuses("load", wire.device, "--object", tool.object)
    wire.passes("ping", wire.address(2))
    tool("unload")
    tool.load(wire.device)


def no_bpffs(tool):
    """None mounted: the message says how; `load --mount` mounts one."""
    wire = Wire()
    run("umount", "/sys/fs/bpf")
    error = tool.refuses("load", wire.device, "--object", tool.object)
    expect("there is no bpffs" in error and "--mount" in error, error)
    tool.refuses("list")
    tool.load(wire.device, "--mount")
    tool("add", wire.address(2))
    wire.stopped("ping", wire.address(2))
    tool("unload")
    wire.passes("ping", wire.address(2))


def taken(tool):
    """Another XDP program, by a link of another instance and by `ip link`; two on one interface."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", wire.address(2))
    other = tool.named("other")
    error = other.refuses("load", wire.device, "--object", tool.object)
    expect("another XDP program is there" in error, error)
    expect(not Path("/sys/fs/bpf/xdp-blacklist/other").exists(), "it left pins")
    wire.stopped("ping", wire.address(2))
    # The same instance on the same interface once more is no error.
    tool("load", wire.device)
    wire.stopped("ping", wire.address(2))
    tool("unload")
    compiler = shutil.which("clang-19") or shutil.which("clang")
    if not compiler:
        return
    source, built = FOLDER / "pass.c", FOLDER / "pass.o"
    source.write_text('__attribute__((section("xdp"), used)) int pass(void *c) { return 2; }\n'
                      'char text[] __attribute__((section("license"))) = "GPL";\n')
    run(compiler, "--target=bpf", "-O2", "-c", source, "-o", built)
    run("ip", "link", "set", "dev", wire.device, "xdp", "obj", built, "sec", "xdp")
    error = tool.refuses("load", wire.device, "--object", tool.object)
    expect("another XDP program is there" in error and "`bpftool net show`" in error, error)
    run("ip", "link", "set", "dev", wire.device, "xdp", "off")
    tool.load(wire.device)


def not_capable(tool):
    """A driver that runs no XDP programs; and an interface that vanishes."""
    wire = Wire()
    tool.refuses("load", "lo", "--xdp", "native", "--object", tool.object)
    error = tool.refuses("load", "lo", "--xdp", "native", "--object", tool.object)
    expect("driver" in error and "--xdp generic" in error, error)
    expect(not PINS.exists(), "it left pins")
    tool.load("lo")  # auto: by the kernel
    tool("unload")
    tool.load(wire.device, "lo", "--xdp", "generic")
    program = id_of(PINS / "program", 1)
    ip(f"link del {wire.device}")
    expect("gone" in tool("status").stdout, "status does not say that it is gone")
    tool("add", "10.1.2.3")
    equal(len(tool.json("list")["rules"]), 1, "rules")
    error = tool.refuses("load", wire.device)
    expect("no interface is named" in error, error)
    tool("unload")
    eventually(lambda: not is_alive(BPF_PROG_GET_FD_BY_ID, program), "the program is gone")
    expect(not PINS.exists(), "it left pins")


def powerless(tool):
    """No capabilities: each command says what it takes."""
    wire = Wire()
    tool.path = borrow(tool.path)
    borrow(tool.object, "blacklist.bpf.o")
    Path("/sys/fs/bpf").chmod(0o711)
    nobody = {**as_user(65534, 65534), "cwd": "/"}
    error = tool.refuses("load", wire.device, **nobody)
    expect("root" in error, error)
    tool("load", wire.device)
    for command in (("list",), ("add", "10.1.2.3"), ("unload",), ("status",), ("stats",)):
        error = tool.refuses(*command, **nobody)
        expect("root" in error, error)
    tool.refuses("reload", **nobody)
    with inside(wire.client):
        # Root of a user namespace is no root here.
        done = subprocess.run(["unshare", "--user", "--map-root-user", str(tool.path), "list"],
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, **nobody)
    expect(done.returncode != 0 and not done.stdout, f"{done}")


def full_pipe(tool):
    """Output that cannot be written is an error, too."""
    wire = Wire()
    tool.load(wire.device)
    with open("/dev/full", "w", encoding="ascii") as full:
        for command in ("list", "stats", "export", "status"):
            done = subprocess.run([tool.path, command, "--json"], check=False, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=20)
            expect(done.returncode == 2 and "cannot write" in done.stderr, f"{command}: {done}")


CASES = [rules, commands, loads, files, other_layout, no_bpffs, taken, not_capable, powerless,
         full_pipe]

if __name__ == "__main__":
    main(__doc__, CASES)
