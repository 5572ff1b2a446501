#!/usr/bin/env python3
"""What stays when a program goes and another comes: rules, counters, and the filter itself; with
the same layout of maps, with another, and with one that has no place for what is there."""

import shutil
import struct
import subprocess
import time

from sandbox import (FOLDER, ROOT, Path, Skip, equal, eventually, expect, ip, main, pin_array,
                     section, value_of)
from wire import Flood, Wire, ethernet, udp_packet

PINS = Path("/sys/fs/bpf/xdp-blacklist/default")
SOURCE = ROOT / "tools" / "xdp-blacklist" / "bpf"
RULES = ["tcp:80", "udp:1000-1010", "port-src:99", "name:ads.net", "name:*.ads.net", "agent:curl/",
         "10.1.0.0/16", "2001:db8:99::/48"]


def fill(tool, wire):
    """Rules of each kind, and packets that count."""
    tool("add", *RULES, wire.address(2), wire.address(2, 6))
    tool("add", "udp:53", "10.5.0.0/16", "10.6.0.1", "--group", "7")
    tool("add", "10.8.8.8", "--for", "1h")
    for version, count in ((4, 3), (6, 5)):
        source = wire.address(2, version)
        wire.send_frames(*[ethernet(udp_packet(source, wire.server(source), 80))] * count)
    wire.send_frames(ethernet(udp_packet(wire.address(3), wire.v4, 1005)))


def what_is_there(tool):
    rules = tool.json("list")["rules"]
    expect(sum(rule["packets"] for rule in rules) >= 9, f"{rules}")
    for rule in rules:
        left = rule.pop("seconds_left", None)
        expect(left is None or 3000 < left <= 3600, f"{rule}")
    return rules, {name: count for name, count in tool.json("stats")["verdicts"].items()
                   if name not in ("pass", "allowed", "unread")}


def variant(tool, name, *changes):
    """An object whose headers differ: [(file, old text, new text)]."""
    clang = tool.arguments.clang
    if not clang or not shutil.which(clang):
        raise Skip("no clang")
    folder = FOLDER / name
    shutil.copytree(SOURCE, folder)
    for file, old, new in changes:
        text = (folder / file).read_text()
        expect(old in text, f"{file} does not say {old!r}")
        (folder / file).write_text(text.replace(old, new))
    done = subprocess.run(
        [clang, "--target=bpf", "-mcpu=v3", "-g", "-O2", "-I", tool.arguments.include, "-c",
         "blacklist.bpf.c", "-o", f"{name}.o"], cwd=folder, check=False, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(done.returncode, 0, done.stdout)
    return folder / f"{name}.o"


def keep_rules(tool):
    """`unload --keep-rules`, then `load`: as before, counters too."""
    wire = Wire()
    tool.load(wire.device)
    fill(tool, wire)
    before = what_is_there(tool)
    tool("unload", "--keep-rules")
    wire.passes("udp", wire.address(2), 80)
    equal(what_is_there(tool), before, "what is kept")
    # Rules may change in the meantime.
    tool("add", "udp:1234")
    tool("del", "udp:1234")
    done = tool.load(wire.device)
    expect("rules and counters" in done.stdout, done.stdout)
    equal(what_is_there(tool), before, "what is there again")
    wire.stopped("udp", wire.address(2), 80)
    equal(tool.packets()[wire.address(2)], 4, "packets go on")


def arrives_without(tool, wire):
    """That a flood is seen to arrive where no rule stops it."""
    tool("del", wire.address(2))
    with Flood(wire, wire.address(2), 200) as flood:
        eventually(flood.arrived, "datagrams arrive")


def reload(tool):
    """Another program takes over while packets come at 200 a second: not one gets through."""
    wire = Wire()
    tool.load(wire.device)
    fill(tool, wire)
    before = what_is_there(tool)[0]
    floods = [Flood(wire, wire.address(2, version), 200) for version in (4, 6)]
    with floods[0], floods[1]:
        for arguments in ((), ("--sample", "1"), ("--without", "events"),
                          (), ("--frags",), ()):
            tool.reload(*arguments)
    equal([flood.arrived() for flood in floods], [0, 0], "datagrams that got through")
    expect(all(flood.sent > 100 for flood in floods), "few datagrams were sent")
    after = what_is_there(tool)[0]
    equal([(rule["rule"], rule["id"]) for rule in after],
          [(rule["rule"], rule["id"]) for rule in before], "rules")
    packets = tool.packets()
    equal((packets[wire.address(2)], packets[wire.address(2, 6)]),
          (3 + floods[0].sent, 5 + floods[1].sent), "packets: all that were sent")
    arrives_without(tool, wire)


def more_rules(tool):
    """Other room for counters: those that are there move."""
    wire = Wire()
    tool.load(wire.device, "--max-rules", "100")
    fill(tool, wire)
    before = what_is_there(tool)
    with Flood(wire, wire.address(2), 200) as flood:
        tool.reload("--max-rules", "20000")
    equal(flood.arrived(), 0, "datagrams that got through")
    rules, verdicts = what_is_there(tool)
    for old, new in zip(before[0], rules):
        most = old["packets"] + (flood.sent if old["rule"] == wire.address(2) else 0)
        expect(old["packets"] <= new["packets"] <= most, f"{old} became {new}")
    equal(verdicts["port"], before[1]["port"], "verdicts")
    # A counter that would not fit any more is not lost in silence.
    tool("add", *(f"10.77.0.{n}" for n in range(120)), wire.address(5))
    wire.stopped("udp", wire.address(5), 80)
    tool.refuses("reload", "--object", tool.object, "--max-rules", "16")
    wire.stopped("udp", wire.address(5), 80)
    equal(tool.packets()[wire.address(5)], 2, "packets")


def atomic_apply(tool):
    """50 files of rules, one after the other; an address that is in all of them never gets in."""
    wire = Wire()
    tool.load(wire.device)
    stays, other = wire.address(2), wire.address(2, 6)
    files = [FOLDER / "odd", FOLDER / "even"]
    for i, file in enumerate(files):
        file.write_text(f"{stays}\n{other}\n" + "".join(
            f"10.{100 + i}.{n}.1\n" for n in range(200)) + f"tcp:{100 + i}\n")
    tool("apply", files[0])
    ids = {rule["rule"]: rule["id"] for rule in tool.json("list", "hosts")["rules"]}
    change = tool.json("apply", "--dry-run", files[0])
    equal((change["kept"], change["added"], change["removed"]), (203, [], []), "dry run")
    tool("apply", "--dry-run", files[1], status=1)
    floods = [Flood(wire, stays, 1000), Flood(wire, other, 1000)]
    with floods[0], floods[1]:
        for i in range(50):
            change = tool.json("apply", files[(i + 1) % 2])
            equal((change["kept"], len(change["added"]), len(change["removed"])), (2, 201, 201),
                  "change")
    equal([flood.arrived() for flood in floods], [0, 0], "datagrams that got through")
    rules = {rule["rule"]: rule for rule in tool.json("list", "hosts")["rules"]}
    equal((rules[stays]["id"], rules[other]["id"]), (ids[stays], ids[other]), "ids")
    counted = (rules[stays]["packets"], rules[other]["packets"])
    equal(counted, tuple(flood.sent for flood in floods), "packets: all that were sent")
    equal(len(rules), 202, "rules")
    print(f"{sum(counted)} datagrams")
    arrives_without(tool, wire)


def reload_to(tool, wire, built, *arguments):
    done = tool("reload", "--object", built, *arguments)
    wire.stopped("udp", wire.address(2), 80)
    return done


def new_fields(tool):
    """struct rule has a field more, counters three more, fields of the settings change places: all
    values are where their names are."""
    wire = Wire()
    tool.load(wire.device, "--sample", "7", "--mode", "block")
    fill(tool, wire)
    before = what_is_there(tool)
    built = variant(
        tool, "grown", ("layout.h", "struct rule {\n", "struct rule {\n  __u32 hits_wanted;\n"),
        ("layout.h", "struct counter {\n",
         "struct counter {\n  __u64 first, last;\n  __u32 kind;\n"))
    floods = [Flood(wire, wire.address(2, version), 200) for version in (4, 6)]
    with floods[0], floods[1]:
        done = tool("reload", "--object", built)
        expect("hits_wanted" in done.stdout, f"no word of what changed: {done.stdout}")
        time.sleep(0.1)
    equal([flood.arrived() for flood in floods], [0, 0], "datagrams that got through")
    # The command knows the old layout only, so the old program has to be back before it reads.
    tool.reload()
    rules, verdicts = what_is_there(tool)
    flooded = {wire.address(2): floods[0].sent, wire.address(2, 6): floods[1].sent}
    for old, new in zip(before[0], rules):
        # What comes while counters are copied may be missing.
        most = old["packets"] + flooded.get(new["rule"], 0)
        expect(old["packets"] <= new["packets"] <= most, f"{old} became {new}")
        if new["rule"] in flooded:
            new.update(packets=old["packets"], bytes=old["bytes"])
    equal(rules, before[0], "rules and counters")
    equal(verdicts["port"], before[1]["port"], "verdicts")
    equal(tool.json("status")["sample"], 7, "sample")
    wire.stopped("udp", wire.address(3), 1005)


MODE, SAMPLE = "  __u32 mode;   /* enum mode */\n", "  __u32 sample; /*"


def moved_settings(tool):
    """Fields of `config` change places: the mode is not taken for the sample."""
    wire = Wire()
    tool.load(wire.device, "--sample", "7", "--mode", "allow")
    tool("add", wire.address(2))
    built = variant(tool, "moved", ("layout.h", SAMPLE, "  __u32 mode; /*"),
                    ("layout.h", MODE, "  __u32 sample;\n"))
    for change in (("--object", built), ("--object", tool.object)):
        tool("reload", *change)
        wire.passes("udp", wire.address(2), 80)
        wire.stopped("udp", wire.address(3), 80)
    status = tool.json("status")
    equal((status["mode"], status["sample"]), ("allow", 7), "settings")
    tool("add", "udp:80")
    equal(sorted(rule["id"] for rule in tool.json("list")["rules"]), [1, 2], "ids")


def older_settings(tool):
    """Rules that an older version kept, which had less in `config` and a mode of 8 bytes."""
    wire = Wire()
    tool.load(wire.device, "--sample", "7", "--mode", "allow")
    tool("add", wire.address(2), "name:ads.net")
    wire.passes("udp", wire.address(2), 80)
    tool("unload", "--keep-rules")
    built = variant(tool, "older", ("layout.h", MODE, "  __u64 mode;\n"))
    now = value_of(PINS / "config", 72)
    # `mode` at 8, and what is behind it 8 bytes later.
    pin_array(PINS / "config", now[:4] + bytes(4) + struct.pack("=Q", 1) + now[8:])
    begin, size = section(built.read_bytes(), b".BTF")
    pin_array(PINS / "btf", built.read_bytes()[begin:begin + size])
    tool.refuses("list")  # of a layout that this command does not know
    tool.load(wire.device)
    status = tool.json("status")
    equal((status["mode"], status["sample"]), ("allow", 7), "settings")
    wire.passes("udp", wire.address(2), 80)
    wire.stopped("udp", wire.address(3), 80)
    tool("add", "udp:80")
    equal(sorted(rule["id"] for rule in tool.json("list")["rules"]), [1, 2, 3], "ids")
    # The names are found by the seed, which moved, too.
    tool("del", "name:ads.net")
    equal(set(tool.packets()), {wire.address(2), "udp:80"}, "rules")


def without_expiry(tool):
    """An object whose struct rule has an id only."""
    return variant(
        tool, "lost",
        ("layout.h", "  __u32 expires; /* In seconds of CLOCK_BOOTTIME; from then on it is as if "
                     "it were not there. 0:\n                    never. */\n", ""),
        ("lists.h", "rule->expires", "0"))


def lost_field(tool):
    """A layout without `expires`: refused while a rule has one; `--drop-fields` forgets it."""
    wire = Wire()
    tool.load(wire.device)
    fill(tool, wire)
    built = without_expiry(tool)
    before, pins = what_is_there(tool), snapshot()
    error = tool.refuses("reload", "--object", built)
    expect("expires" in error, error)
    equal(what_is_there(tool), before, "what is there")
    equal(snapshot(), pins, "pins")
    wire.stopped("udp", wire.address(2), 80)
    # Kept rules are held against it, too.
    tool("unload", "--keep-rules")
    error = tool.refuses("load", wire.device, "--object", built)
    expect("expires" in error, error)
    tool.load(wire.device)
    wire.stopped("udp", wire.address(2), 80)
    before = {rule["rule"]: rule["packets"] for rule in what_is_there(tool)[0]}
    tool("reload", "--object", built, "--drop-fields")
    wire.stopped("udp", wire.address(2), 80)
    tool.reload()
    rules = {rule["rule"]: rule for rule in tool.json("list")["rules"]}
    equal(set(rules), set(before), "rules")
    expect("seconds_left" not in rules["10.8.8.8"], "the field is not forgotten")
    expect(rules[wire.address(2)]["packets"] >= before[wire.address(2)] + 1, "packets")


def lost_but_empty(tool):
    """The same layout where no rule has the field: nothing is lost, so it is taken."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", *RULES, wire.address(2))
    built = without_expiry(tool)
    reload_to(tool, wire, built)
    tool.reload()
    equal(len(tool.packets()), len(RULES) + 1, "rules")
    equal(tool.packets()[wire.address(2)], 1, "packets")


def snapshot():
    return sorted((str(path), path.stat().st_ino) for path in PINS.rglob("*"))


def other_features(tool):
    """From the program in C to the one in Rust and back, as far as it has the lists."""
    rust = ROOT / "tools" / "xdp-blacklist" / "rust" / "blacklist.llvm19.o"
    wire = Wire()
    tool.load(wire.device)
    tool("add", wire.address(2), wire.address(2, 6), wire.prefix(), wire.prefix(6), "udp:80")
    with Flood(wire, wire.address(2), 200) as flood:
        tool("reload", "--object", rust)
        for version in (4, 6):
            wire.stopped("ping", wire.address(2, version))
            wire.stopped("ping", wire.address(0x4002, version))
            wire.stopped("udp", wire.address(3, version), 80)
        tool.reload()
    equal(flood.arrived(), 0, "datagrams that got through")
    packets = tool.packets()
    equal((packets["udp:80"], packets[wire.prefix()], packets[wire.address(2, 6)]), (2, 1, 1),
          "packets")
    # A rule that it would not enforce stays with the program that does.
    tool("add", wire.address(4), "--interface", wire.device)
    error = tool.refuses("reload", "--object", rust)
    expect("interface" in error, error)
    wire.stopped("ping", wire.address(4))
    tool("del", wire.address(4), "--interface", wire.device)
    tool("reload", "--object", rust)
    wire.stopped("ping", wire.address(2))
    knows_less(tool, wire, rust)


def knows_less(tool, wire, rust):
    """What the program in Rust does not know is refused, not taken and left undone."""
    equal(tool.json("status")["features"], ["kernel-context"], "features")
    for scope in ("--interface", wire.device), ("--netns", "1"):
        error = tool.refuses("add", wire.address(5), *scope)
        expect(f"no rules by {scope[0].removeprefix('--')}" in error, error)
    tool("add", wire.address(5), "--group", "7")
    wire.passes("ping", wire.address(5))
    ip(f"link set {wire.device} group 7")
    wire.stopped("ping", wire.address(5))
    for option in ("--challenge", "--frags"):
        error = tool.refuses("reload", "--object", rust, option)
        expect(f"does not know `{option}`" in error, error)
    wire.stopped("ping", wire.address(5))
    tool("unload")
    for option in ("--challenge", "--frags"):
        error = tool.refuses("load", wire.device, "--object", rust, option)
        expect(f"does not know `{option}`" in error, error)
    wire.passes("ping", wire.address(5))


def vanished(tool):
    """The interface goes, and one of its name comes: nothing of the old is in the way."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", wire.address(2))
    ip(f"link del {wire.device}", f"netns del {wire.client}")
    text = tool("status").stdout
    expect("gone" in text, text)
    eventually(lambda: not Path(f"/run/netns/{wire.client}").exists(), "the namespace is gone")
    wire = Wire()
    wire.passes("ping", wire.address(2))
    tool("load", wire.device)
    wire.stopped("ping", wire.address(2))
    tool.reload()
    tool("unload")
    wire.passes("ping", wire.address(2))


def starts_at_once(tool):
    """Two that load one instance get one instance, on both interfaces."""
    wire = Wire()
    devices = [wire.device, "lo"]
    # The object that comes with the tool, as the services of both have it.
    loads = [tool.start("load", device) for device in devices]
    equal([load.wait(timeout=60) for load in loads], [0, 0], [load.stderr.read() for load in loads])
    names = {record["name"] for record in tool.json("status")["interfaces"]}
    equal(names, set(devices), "interfaces")
    tool("add", wire.address(2))
    wire.stopped("ping", wire.address(2))


def asked_once(tool):
    """What was asked for stays through a reload, and a mode that is asked for is the mode."""
    wire = Wire()
    tool.load(wire.device, "--challenge")
    tool.reload("--sample", "1")
    status = tool.json("status")
    equal((status["challenge"], "challenge" in status["features"]), (True, True), "challenge")
    tool("mode", "allow", "--confirm", "1s")
    eventually(lambda: tool.json("status")["fell_back"], "it has fallen back")
    tool.reload("--mode", "allow")
    equal(tool.json("status")["mode"], "allow", "mode")
    tool.refuses("mode", "--confirm", "1s")
    rules = FOLDER / "blocking.json"
    rules.write_text(tool("export", "--format", "json").stdout.replace('"allow"', '"block"'))
    tool("unload")
    tool.load(wire.device, "--mode", "allow", "--rules", rules)
    equal(tool.json("status")["mode"], "allow", "mode")


def scopes_it_cannot_see(tool):
    """Rules of groups are not left to a program that takes all packets for group 0."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", wire.address(2), "--group", "7")
    tool.refuses("reload", "--object", tool.object, "--without", "kernel-context")
    wire.passes("ping", wire.address(2))


def expired(tool):
    """Rules that have ended are in nobody's way."""
    wire = Wire()
    tool.load(wire.device, "--max-rules", "16")
    tool("add", "tcp:80", *(f"10.1.0.{n}" for n in range(14)), "--for", "1s")
    eventually(lambda: not tool("export").stdout.count("10.1.0."), "they have ended")
    tool("add", "tcp:80-90")
    tool("add", *(f"10.2.0.{n}" for n in range(14)))
    equal(len(tool.json("list")["rules"]), 15, "rules")
    # All of them for others, though there is room for neither more ids nor both.
    rules = FOLDER / "others.rules"
    rules.write_text("".join(f"10.3.0.{n}\n" for n in range(14)) + wire.address(2))
    tool("apply", rules)
    wire.stopped("ping", wire.address(2))
    equal(tool.packets()[wire.address(2)], 1, "packets")


CASES = [starts_at_once, asked_once, scopes_it_cannot_see, expired, keep_rules, reload, more_rules, atomic_apply, new_fields, moved_settings,
         older_settings, lost_field, lost_but_empty, other_features, vanished]


def add_arguments(parser):
    parser.add_argument("--clang", help="compiles variants of the program")
    parser.add_argument("--include", help="folder of bpf/bpf_helpers.h")


if __name__ == "__main__":
    main(__doc__, CASES, add_arguments)
