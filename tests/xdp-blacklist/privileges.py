#!/usr/bin/env python3
"""Users without any capability: the owner of the pins changes rules, a group may read them, and
others see nothing."""

import json
import os

from sandbox import FOLDER, Path, as_user, borrow, equal, eventually, expect, main, pinned, run
from wire import Wire, ethernet, udp_packet

OWNER, GROUP = 65534, 65533
READER, STRANGER = 65532, 65531
AS_OWNER = as_user(OWNER, OWNER)
AS_READER = as_user(READER, READER, [GROUP])
AS_STRANGER = as_user(STRANGER, STRANGER)
PINS = Path("/run/xdp-blacklist/default")


def installed(tool):
    """Where all may run it, with its object beside it."""
    borrow(tool.object, "blacklist.bpf.o")
    tool.path = borrow(tool.path)
    os.chdir("/")
    return tool


def load(tool, wire, *arguments):
    installed(tool).load(wire.device, "--owner", OWNER, "--group", GROUP, "--pin-mode", "0640",
                         "--mount", "--sample", "1", *arguments)
    equal((PINS / "config").stat().st_uid, OWNER, "owner of the pins")


def state(tool):
    """All that a user must not be able to change."""
    status = tool.json("status")
    return (tool("export", "--format", "json").stdout, status["mode"], status["interfaces"],
            [(path.name, path.stat().st_mode, path.stat().st_uid) for path in PINS.rglob("*")])


def is_powerless(user):
    """That the user of these options has no capability and bpf(2) is shut, so that we test that."""
    status = run("cat", "/proc/self/status", **user).stdout
    for line in status.splitlines():
        if line.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb")):
            equal(int(line.split()[1], 16), 0, line)
    return int(Path("/proc/sys/kernel/unprivileged_bpf_disabled").read_text()) != 0


def owner(tool):
    """Adds, deletes, lists, counts, reads events, sets the mode, lifts bans."""
    wire = Wire()
    load(tool, wire, "--challenge")
    is_powerless(AS_OWNER)
    for version in (4, 6):
        rule = wire.address(2, version)
        tool("add", rule, wire.prefix(version), **AS_OWNER)
        wire.stopped("ping", rule)
        wire.stopped("ping", wire.address(0x4002, version))
        tool("del", rule, **AS_OWNER)
        wire.passes("ping", rule)
    tool("add", "tcp:80", "udp:1-9", "name:*.ads.net", "agent:curl/", "10.1.0.0/16", **AS_OWNER)
    tool("add", "udp:53", "--group", "7", "--for", "1h", **AS_OWNER)
    tool("add", "udp:54", "--interface", wire.device, **AS_OWNER)
    wire.stopped("tcp", wire.address(3), 80)
    wire.stopped("udp", wire.address(3), 54)
    rules = {rule["rule"]: rule["packets"] for rule in tool.json("list", **AS_OWNER)["rules"]}
    equal((rules["tcp:80"], rules[wire.prefix()]), (1, 1), "packets")
    equal(len(rules), 9, "rules")
    equal(tool.json("stats", **AS_OWNER)["verdicts"]["host"]["packets"], 2, "packets")
    equal(tool.json("top", "-n", "1", **AS_OWNER)["rules"][0]["packets"], 1, "packets")
    done = tool("events", "--json", "--count", "3", "--for", "5s", **AS_OWNER)
    kinds = [json.loads(line)["what"]["kind"] for line in done.stdout.splitlines()]
    equal(kinds, ["drop_host", "drop_net", "drop_host"], "events")
    expect("s0" in tool("status", **AS_OWNER).stdout, "status does not name the interface")
    tool("del", "ban:10.1.2.3", status=1, **AS_OWNER)
    expect("tcp:80" in tool("export", **AS_OWNER).stdout, "export lacks a rule")
    tool("mode", "allow", "--confirm", "1h", **AS_OWNER)
    wire.stopped("ping", wire.address(4))
    tool("mode", "confirm", **AS_OWNER)
    tool("mode", "block", **AS_OWNER)
    wire.passes("ping", wire.address(4))


def owner_cannot(tool):
    """What takes making maps or programs says so, and changes nothing."""
    wire = Wire()
    load(tool, wire)
    tool("add", "udp:53", **AS_OWNER)
    before = state(tool)
    rules = FOLDER / "rules"
    rules.write_text("10.1.2.3\n")
    rules.chmod(0o644)
    if not is_powerless(AS_OWNER):
        return
    for command in (("import", rules), ("apply", rules), ("reload",), ("unload",),
                    ("load", wire.device), ("test", "--src", "10.1.2.3")):
        error = tool.refuses(*command, **AS_OWNER)
        expect("root" in error, f"{command} does not say who may: {error}")
        equal(state(tool), before, f"state after {command}")
    # What is not theirs: the program and the link, with which the filter could be taken off.
    for path in (PINS / "program", PINS / "links" / "s0"):
        equal((path.stat().st_uid, path.stat().st_mode & 0o077), (0, 0), str(path))
    tool("apply", "--dry-run", rules, status=1, **AS_OWNER)
    wire.stopped("udp", wire.address(2), 53)


def reader(tool):
    """Of the group, mode 0640: sees rules and counters, and cannot change one thing."""
    wire = Wire()
    load(tool, wire)
    tool("add", "udp:53", wire.address(2), "name:*.ads.net", "agent:curl/")
    wire.stopped("ping", wire.address(2))
    wire.send_frames(ethernet(udp_packet(wire.address(3), wire.v4, 53)))
    rules = {rule["rule"]: rule["packets"] for rule in tool.json("list", **AS_READER)["rules"]}
    equal(rules, {"udp:53": 1, wire.address(2): 1, "name:*.ads.net": 0, "agent:curl/": 0}, "rules")
    equal(tool.json("stats", **AS_READER)["verdicts"]["port"]["packets"], 1, "packets")
    equal(tool.json("top", **AS_READER)["rules"][0]["packets"], 1, "packets")
    expect("udp:53" in tool("export", **AS_READER).stdout, "export lacks a rule")
    tool("status", **AS_READER)
    before = state(tool)
    rules = FOLDER / "rules"
    rules.write_text("10.1.2.3\n")
    rules.chmod(0o644)
    for command in (("add", "10.9.9.9"), ("add", "udp:53"), ("add", "tcp:1-9", "--group", "3"),
                    ("del", "udp:53"), ("del", wire.address(2)), ("del", "ban:10.1.2.3"),
                    ("mode", "allow"), ("import", rules), ("apply", rules), ("unload",),
                    ("reload",), ("events", "--for", "1s")):
        error = tool.refuses(*command, **AS_READER)
        expect("Permission denied" in error or "not permitted" in error, f"{command}: {error}")
        expect("help" in error and "root" in error, f"{command}: what to do? {error}")
        equal(state(tool), before, f"state after {command}")
    # Nor by the pins themselves: not even one that is opened for reading may be written.
    for path in [PINS / "config", *(PINS / "rules0").iterdir()]:
        check_read_only(path)
    wire.stopped("ping", wire.address(2))


def check_read_only(path):
    """In a child that is the reader: the kernel gives no map of it to write to."""
    child = os.fork()
    if child == 0:
        os.setgroups([GROUP])
        os.setresgid(READER, READER, READER)
        os.setresuid(READER, READER, READER)
        status = 0
        try:
            with pinned(path):
                status = 1
        except PermissionError:
            pass
        with pinned(path, flags=1 << 3):  # BPF_F_RDONLY
            pass
        os._exit(status)
    equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, f"{path} for the reader")


def stranger(tool):
    """Somebody else sees that there is something, and not what."""
    wire = Wire()
    load(tool, wire)
    tool("add", "udp:53")
    before = state(tool)
    for command in (("list",), ("stats",), ("status",), ("top",), ("export",), ("add", "10.9.9.9"),
                    ("del", "udp:53"), ("mode", "allow"), ("events", "--for", "1s"), ("unload",)):
        error = tool.refuses(*command, **AS_STRANGER)
        expect("udp:53" not in error and "help" in error, f"{command}: {error}")
        equal(state(tool), before, f"state after {command}")


def default_is_roots(tool):
    """Without --owner all is root's alone."""
    wire = Wire()
    Path("/sys/fs/bpf").chmod(0o711)  # even where others get as far as that
    installed(tool).load(wire.device)
    for user in (AS_OWNER, AS_STRANGER):
        for command in (("list",), ("add", "10.9.9.9"), ("stats",), ("unload",)):
            tool.refuses(*command, **user)
    equal(tool.json("list")["rules"], [], "rules")


def directories_are_roots(tool):
    """Nobody but root renames pins, puts others beside them, or keeps writers waiting."""
    wire = Wire()
    load(tool, wire)
    for folder in (PINS, PINS / "rules0", PINS / "links"):
        for user in (AS_OWNER, AS_READER):
            expect(run("ln", "-s", "/etc/hostname", folder / "x", status=None, **user).returncode,
                   f"{folder} takes a link")
    expect(run("mv", PINS / "counters", PINS / "x", status=None, **AS_OWNER).returncode, "renamed")
    expect(run("flock", "-s", PINS / "lock", "true", status=None, **AS_READER).returncode, "locked")
    tool("reload")
    tool("add", "udp:53", **AS_OWNER)


def after_reload(tool):
    """Who owns the rules still does after another program, and after root applied a file."""
    wire = Wire()
    load(tool, wire)
    tool("add", "udp:53", **AS_OWNER)
    tool("reload")
    tool("add", "udp:54", **AS_OWNER)
    rules = FOLDER / "rules"
    rules.write_text("udp:53\nudp:54\nudp:55\n")
    tool("apply", rules)
    tool("add", "udp:56", wire.address(2), "name:ads.net", **AS_OWNER)
    for port in (53, 54, 55, 56):
        wire.stopped("udp", wire.address(3), port)
    equal(len(tool.json("list", **AS_READER)["rules"]), 6, "rules for the reader")
    tool.refuses("add", "udp:57", **AS_READER)
    tool("unload", "--keep-rules")
    wire.passes("udp", wire.address(3), 53)
    tool("load", wire.device)
    eventually(lambda: not wire.udp(wire.address(3), 53, deadline=0.2), "the rules hold again")
    tool("del", "udp:53", **AS_OWNER)
    wire.passes("udp", wire.address(3), 53)


CASES = [owner, owner_cannot, reader, stranger, default_is_roots, directories_are_roots,
         after_reload]

if __name__ == "__main__":
    main(__doc__, CASES)
