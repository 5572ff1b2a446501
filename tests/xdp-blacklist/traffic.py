#!/usr/bin/env python3
"""What becomes of packets on a wire: rules of addresses, ports and devices, tags, the mode allow,
and how a program comes and goes."""

import json
import struct
import time

from sandbox import (BPF_LINK_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID, BPF_PROG_GET_FD_BY_ID, Path, core,
                     equal, eventually, expect, id_of, ip, is_alive, main, with_each)
from wire import Wire, ethernet, inside, ip_packet, tcp_packet, udp_packet

PINS = Path("/sys/fs/bpf/xdp-blacklist/default")
VERSIONS = (4, 6)


def counts_are(tool, **rules):
    """Packets of rules, exactly; those of verdicts are their sum."""
    equal({rule: count for rule, count in tool.packets().items() if count}, rules, "packets")


@core
@with_each("native", "generic")
def hosts(tool, hook):
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    for version in VERSIONS:
        bad, good = wire.address(2, version), wire.address(3, version)
        wire.passes("ping", bad)
        tool("add", bad)
        wire.stopped("ping", bad)
        wire.stopped("udp", bad, 53)
        wire.stopped("tcp", bad, 80)
        for kind, *port in (("ping",), ("udp", 53), ("tcp", 80)):
            wire.passes(kind, good, *port)
        equal(tool.packets()[bad], 3, "packets of the host")
        tool("del", bad)
        wire.passes("udp", bad, 53)
    equal(tool.dropped(), {"host": 6}, "verdicts")


@core
@with_each("native", "generic")
def nets(tool, hook):
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    for version in VERSIONS:
        tool("add", wire.prefix(version))
        for n in (0x4002, 0x4003):
            wire.stopped("udp", wire.address(n, version), 53)
        wire.stopped("ping", wire.address(0x4002, version))
        wire.passes("ping", wire.address(2, version))
        wire.passes("tcp", wire.address(2, version), 80)
        # The other family is another list.
        equal(tool.packets()[wire.prefix(version)], 3, "packets of the prefix")
    equal(tool.dropped(), {"net": 6}, "verdicts")


@core
@with_each("native", "generic")
def ports(tool, hook):
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    tool("add", "tcp:81", "udp:1000-1010", "port:53", "tcp-src:2000", "udp-src:3000-3002")
    for version in VERSIONS:
        source = wire.address(2, version)
        wire.stopped("tcp", source, 81)
        wire.passes("udp", source, 81)
        for port, arrives in ((999, 1), (1000, 0), (1010, 0), (1011, 1)):
            (wire.passes if arrives else wire.stopped)("udp", source, port)
        wire.passes("tcp", source, 1000)
        wire.stopped("udp", source, 53)
        wire.stopped("tcp", source, 53)
        wire.stopped("tcp", source, 80, source_port=2000)
        wire.passes("udp", source, 82, source_port=2000)
        wire.stopped("udp", source, 82, source_port=3002)
        wire.passes("udp", source, 82, source_port=3003)
        wire.passes("ping", source)
    counts_are(tool, **{"tcp:81": 2, "udp:1000-1010": 4, "port:53": 4, "tcp-src:2000": 2,
                        "udp-src:3000-3002": 2})
    equal(tool.dropped(), {"port": 14}, "verdicts")


@core
@with_each("native", "generic")
def groups(tool, hook):
    """Each of two devices has a group; a device changes its group, and with it its rules."""
    one, two = Wire("s1", 11), Wire("s2", 12)
    ip("link set s1 group 7", "link set s2 group 8")
    tool.load("s1", "s2", "--xdp", hook)
    for version in VERSIONS:
        for wire in (one, two):
            tool("add", wire.address(2, version), wire.prefix(version), "--group", "7")
            wire.passes("ping", wire.address(3, version))
    for version in VERSIONS:
        for n in (2, 0x4002):
            one.stopped("udp", one.address(n, version), 80)
            two.passes("udp", two.address(n, version), 80)
    ip("link set s1 group 8", "link set s2 group 7")
    for version in VERSIONS:
        one.passes("ping", one.address(2, version))
        two.stopped("ping", two.address(2, version))
    equal(tool.dropped(), {"host": 4, "net": 2}, "verdicts")
    equal(str(tool.json("list")["rules"][0]["scope"]["group"]), "7", "scope of the first rule")


@with_each("native", "generic")
def scopes(tool, hook):
    """Rules of an interface, a group and a namespace, of addresses and of ports."""
    one, two, far = Wire("s1", 11), Wire("s2", 12), Wire("s3", 13, netns="far")
    ip("link set s1 group 7")
    tool.load("s1", "s2", "--xdp", hook)
    tool("load", "s3", "--netns", "far", "--xdp", hook)
    tool("add", "tcp:80", "udp-src:99", "--group", "7")
    tool("add", "udp:53", "--interface", "s2")
    tool("add", "udp:54", "tcp:54", far.address(2), far.address(2, 6), "--netns", "far")
    for version in VERSIONS:
        for wire, port, kind, source_port, arrives in (
                (one, 80, "tcp", 0, False), (two, 80, "tcp", 0, True), (far, 80, "tcp", 0, True),
                (one, 55, "udp", 99, False), (two, 55, "udp", 99, True),
                (one, 53, "udp", 0, True), (two, 53, "udp", 0, False), (far, 53, "udp", 0, True),
                (one, 54, "udp", 0, True), (two, 54, "tcp", 0, True), (far, 54, "udp", 0, False),
                (far, 54, "tcp", 0, False)):
            (wire.passes if arrives else wire.stopped)(
                kind, wire.address(3, version), port, source_port=source_port)
        far.stopped("ping", far.address(2, version))
        one.passes("ping", one.address(2, version))
    scoped = {record["rule"]: record["scope"] for record in tool.json("list")["rules"]}
    equal(scoped["udp:53"], {"interface": "s2"}, "scope")
    equal(scoped["udp:54"], {"netns": "far"}, "scope")
    equal(tool.dropped(), {"port": 10, "host": 2}, "verdicts")
    equal({one["name"] for one in tool.json("status")["interfaces"]}, {"s1", "s2", "far@s3"},
          "interfaces")
    tool("unload", "s3", "--netns", "far")
    far.passes("ping", far.address(2))
    one.stopped("tcp", one.address(3), 80)


TAGS = {"vlan": [(0x8100, 5)], "qinq": [(0x88a8, 6), (0x8100, 7)],
        "old": [(0x8100, 6), (0x8100, 7)]}


@core
@with_each("native", "generic")
def tags(tool, hook):
    """Frames with VLAN tags, by hand: not all kernels have VLAN devices."""
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    for version in VERSIONS:
        tool("add", wire.address(2, version), wire.prefix(version))
    tool("add", "udp:53", "tcp-src:70")
    sent = 0
    for version in VERSIONS:
        good, server = wire.address(3, version), wire.server(wire.address(2, version))
        for packet, arrives in ((udp_packet(wire.address(2, version), server, 80), False),
                                (udp_packet(wire.address(0x4002, version), server, 80), False),
                                (udp_packet(good, server, 80), True),
                                (udp_packet(good, server, 53), False),
                                (tcp_packet(good, server, 80, 70, b"12345678"), False),
                                (tcp_packet(good, server, 80, 71, b"87654321"), True)):
            for name, chain in TAGS.items():
                equal(wire.frame(ethernet(packet, *chain),
                                 *([] if arrives else [0.1])), arrives, f"{name} IPv{version}")
                sent += not arrives
    equal(sum(tool.dropped().values()), sent, "drops")
    packet = udp_packet(wire.address(3), wire.v4, 80)
    expect(not wire.frame(ethernet(packet, *[(0x8100, 5)] * 3), 0.2), "three tags pass")
    expect(not wire.frame(ethernet(b"cut", kind=0x8100), 0.2), "a cut tag passes")
    equal(tool.verdict("malformed"), 2, "malformed")
    # Neither IPv4 nor IPv6.
    expect(wire.frame(ethernet(b"whatever1" * 6, (0x8100, 5), kind=0x88cc)), "LLDP does not pass")


@core
@with_each("native", "generic")
def malformed(tool, hook):
    """Broken headers are dropped and say what is broken; not one passes unseen."""
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    source, server = wire.address(3), wire.v4
    good = udp_packet(source, server, 80)
    tcp = tcp_packet(source, server, 80, payload=b"12345678")
    broken = {
        "version": b"\x55" + good[1:], "header length": b"\x44" + good[1:],
        "total length": good[:2] + struct.pack("!H", 1000) + good[4:],
        "data offset": tcp[:32] + b"\x40" + tcp[33:],
        "UDP length": good[:24] + struct.pack("!H", 7) + good[26:],
        "overlapping fragment": ip_packet(source, server, 6, b"x" * 24, fragment=1),
        "cut first fragment": ip_packet(source, server, 6, b"x" * 16, fragment=0x2000),
    }
    for what, packet in broken.items():
        expect(not wire.frame(ethernet(packet, kind=0x0800), 0.1), f"passes: {what}")
    equal(tool.dropped(), {"malformed": len(broken)}, "verdicts")
    expect(wire.frame(ethernet(good)), "what is well formed does not pass")


@core
@with_each("native", "generic")
def allow(tool, hook):
    """Only what rules name; and what finds neighbours."""
    wire = Wire(resolves=True)
    tool.load(wire.device, "--xdp", hook, "--mode", "allow")
    for version in VERSIONS:
        tool("add", wire.address(2, version), wire.prefix(version))
    tool("add", "udp:53", "tcp:80")
    for version in VERSIONS:
        for n in (2, 0x4002):
            wire.passes("ping", wire.address(n, version))
            wire.passes("udp", wire.address(n, version), 99)
        other = wire.address(3, version)
        wire.stopped("ping", other)
        wire.passes("udp", other, 53)
        wire.passes("tcp", other, 80)
        wire.stopped("udp", other, 54)
        wire.stopped("tcp", other, 81)
    equal(set(tool.dropped()), {"not-listed"}, "verdicts")
    expect(tool.packets()[wire.address(2)] >= 2, "what is let in is not counted")
    expect(tool.verdict("allowed") >= 12, "what is let in is not counted")
    tool("mode", "block")
    wire.passes("ping", wire.address(3))
    wire.stopped("ping", wire.address(2))


@core
def confirm(tool):
    """Nobody confirms: the kernel falls back by itself."""
    wire = Wire()
    tool.load(wire.device, "--mode", "allow", "--confirm", "3s")
    wire.stopped("ping", wire.address(2))
    equal(tool.json("status")["fell_back"], False, "fell_back")
    eventually(lambda: wire.ping(wire.address(2), 0.2), "it falls back")
    equal(tool.json("status")["fell_back"], True, "fell_back")
    expect("too late" in tool("mode", "confirm", status=1).stdout, "it is not too late")
    tool("mode", "allow", "--confirm", "2s")
    wire.stopped("ping", wire.address(2))
    tool("mode", "confirm")
    time.sleep(2.5)
    wire.stopped("ping", wire.address(2))
    equal(tool.json("status")["mode"], "allow", "mode")


@core
def expiry(tool):
    """A rule for a time is over by itself; what it counted stays."""
    wire = Wire()
    tool.load(wire.device)
    tool("add", wire.address(2), wire.prefix(6), "udp:53", "--for", "3s")
    tool("add", wire.address(4))
    for source, kind, *port in ((wire.address(2), "ping"), (wire.address(0x4002, 6), "ping"),
                                (wire.address(3), "udp", 53)):
        wire.stopped(kind, source, *port)
    left = [rule.get("seconds_left") for rule in tool.json("list")["rules"]]
    expect(sorted(x is None for x in left) == [False] * 3 + [True] and max(
        x or 0 for x in left) <= 3, f"seconds left: {left}")
    eventually(lambda: wire.ping(wire.address(2), 0.2), "the rule is over")
    wire.passes("ping", wire.address(0x4002, 6))
    wire.passes("udp", wire.address(3), 53)
    wire.stopped("ping", wire.address(4))
    expect(tool.packets()[wire.address(2)] >= 1, "its counter is gone")
    # Added again, it holds again.
    tool("add", wire.address(2), "--for", "1h")
    wire.stopped("ping", wire.address(2))


@core
def lifetime(tool):
    """The link outlives the loader; what is unloaded leaves nothing behind."""
    one, two = Wire("s1", 11), Wire("s2", 12)
    tool.load("s1", "s2")  # the process has ended when this returns
    tool("add", one.address(2), two.address(2))
    one.stopped("ping", one.address(2))
    two.stopped("ping", two.address(2))
    links = {name: id_of(PINS / "links" / name, 1) for name in ("s1", "s2")}
    program = id_of(PINS / "program", 1)
    maps = [id_of(path, 1) for path in PINS.rglob("*")
            if path.is_file() and path.name != "program" and path.parent.name != "links"]
    expect(len(maps) > 8 and is_alive(BPF_PROG_GET_FD_BY_ID, program), f"maps: {maps}")
    mounts = Path("/proc/self/mounts").read_text()

    tool("unload", "s2")
    two.passes("ping", two.address(2))
    one.stopped("ping", one.address(2))
    tool("unload")
    one.passes("ping", one.address(2))
    equal([str(path) for path in Path("/sys/fs/bpf").rglob("*") if path.suffix != ".debug"], [],
          "pins")
    eventually(lambda: not is_alive(BPF_PROG_GET_FD_BY_ID, program), "the program is gone")
    for number in links.values():
        eventually(lambda n=number: not is_alive(BPF_LINK_GET_FD_BY_ID, n), "the link is gone")
    for number in maps:
        eventually(lambda n=number: not is_alive(BPF_MAP_GET_FD_BY_ID, n), "the map is gone")
    equal(Path("/proc/self/mounts").read_text(), mounts, "mounts")
    tool("status", status=2)
    # Right after, while the kernel may still take the old link off.
    for _ in range(5):
        tool.load("s1")
        tool("unload")


@core
def instances(tool):
    """Two, each with rules of its own."""
    one, two = Wire("s1", 11), Wire("s2", 12)
    left, right = tool.named("left"), tool.named("right")
    left.load("s1")
    right.load("s2")
    left("add", "udp:53")
    right("add", "udp:54")
    one.stopped("udp", one.address(2), 53)
    one.passes("udp", one.address(2), 54)
    two.passes("udp", two.address(2), 53)
    two.stopped("udp", two.address(2), 54)
    left("unload")
    one.passes("udp", one.address(2), 53)
    two.stopped("udp", two.address(2), 54)
    equal(right.dropped(), {"port": 2}, "verdicts")


@core
def counters(tool):
    """`stats`, `top`, `list` and bytes, against what was sent."""
    wire = Wire()
    tool.load(wire.device)
    frames = {}
    for n, count in ((2, 5), (3, 17), (4, 1), (5, 0)):
        tool("add", wire.address(n))
        frames[wire.address(n)] = [ethernet(udp_packet(wire.address(n), wire.v4, 80))] * count
    for sent in frames.values():
        wire.send_frames(*sent)
    # 14 + 20 + 8 + 8 bytes each.
    wanted = {rule: (len(sent), 50 * len(sent)) for rule, sent in frames.items()}
    for command in ("list", "top"):
        found = {rule["rule"]: (rule["packets"], rule["bytes"])
                 for rule in tool.json(command)["rules"]}
        equal(found, wanted, command)
    equal([rule["packets"] for rule in tool.json("top", "-n", "3")["rules"]], [17, 5, 1], "top")
    equal(tool.json("stats")["verdicts"]["host"], {"packets": 23, "bytes": 1150}, "stats")
    watched = tool("stats", "--watch", "1s", "--rounds", "2", "--json").stdout.splitlines()
    equal(len(watched), 2, "lines of --watch")
    # The kernel's own packets pass meanwhile.
    hosts = [json.loads(line)["verdicts"]["host"] for line in watched]
    equal(hosts[0], hosts[1], "lines of --watch")
    # A rule that is taken away and added again begins anew, and others go on.
    tool("del", wire.address(3))
    tool("add", wire.address(3))
    wire.send_frames(*frames[wire.address(3)][:2], *frames[wire.address(4)])
    equal(tool.packets(), {wire.address(2): 5, wire.address(3): 2, wire.address(4): 2,
                           wire.address(5): 0}, "packets")
    # They count on each CPU on their own.
    with inside(wire.client):
        equal(tool.json("stats")["verdicts"]["host"]["packets"], 26, "stats")


CASES = [hosts, nets, ports, groups, scopes, tags, malformed, allow, confirm, expiry, lifetime,
         instances, counters]

if __name__ == "__main__":
    main(__doc__, CASES)
