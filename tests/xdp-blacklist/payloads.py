#!/usr/bin/env python3
"""What is in packets: TLS server names, HTTP agents, the cookie of the challenge; events of each
kind, and a script that acts on them."""

import encodings.idna  # noqa: F401 what http.server would import later
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

from sandbox import FOLDER, ROOT, Path, Skip, equal, eventually, expect, main, with_each
from wire import (ARRIVES, TlsServer, Wire, client_hello, die_with_parent, ethernet, http_request,
                  inside, ip_packet, tcp_packet, udp_packet)

PINS = Path("/sys/fs/bpf/xdp-blacklist/default")
VERSIONS = (4, 6)
NOBODY = 65534
LONG = ".".join(["a" * 60] * 4) + ".ads.net"  # 251 bytes


@with_each("native", "generic")
def names(tool, hook):
    """openssl s_client, and ClientHellos as OpenSSL writes them."""
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    tool("add", "name:exact.example", "name:*.ads.net")
    tls = TlsServer(wire)
    for version in VERSIONS:
        source = wire.address(2, version)
        for name, rule in (("exact.example", "name:exact.example"), ("fine.example", None),
                           ("Tracker.ADS.net", "name:*.ads.net"), ("ads.net", None)):
            before = tool.packets().get(rule)
            got_through = tls.handshake(
                source, name, lambda: rule and tool.packets()[rule] > before)
            equal(got_through, rule is None, f"{name} over IPv{version} gets through")
    for name, arrives in ((LONG, False), ("badexact.example", True), ("sub.exact.example", True),
                          ("badads.net", True), ("a.b.c.ads.net", False), ("EXACT.Example", False)):
        equal(wire.tcp(wire.address(3), 8443, client_hello(name),
                       deadline=ARRIVES if arrives else 0.3), arrives, name)
    equal(set(tool.dropped()), {"name"}, "verdicts")
    tool("del", "name:*.ads.net")
    wire.passes("tcp", wire.address(3), 8443, client_hello(LONG))
    # A rule holds at all ports, and needs a ClientHello.
    wire.stopped("tcp", wire.address(3), 80, client_hello("exact.example"))
    wire.passes("tcp", wire.address(3), 443 + 8000, b"exact.example")


@with_each("native", "generic")
def agents(tool, hook):
    wire = Wire()
    tool.load(wire.device, "--xdp", hook)
    tool("add", "agent:BadBot", "agent:curl/")
    for version in VERSIONS:
        source = wire.address(2, version)
        for agent, arrives in (("Mozilla/5.0 (compatible; BadBot/1.0)", False), ("curl/8.5", False),
                               ("Mozilla/5.0", True), ("badbot", True)):
            (wire.passes if arrives else wire.stopped)("tcp", source, 8080, http_request(agent))
        # In the header `User-Agent`, however it is written, and in no other.
        wire.stopped("tcp", source, 8080, b"POST /x HTTP/1.1\r\nuSER-aGENT:curl/1\r\n\r\n")
        wire.passes("tcp", source, 8080, b"GET /BadBot HTTP/1.1\r\nReferer: curl/1\r\n\r\n")
        wire.passes("tcp", source, 8080, b"User-Agent: BadBot\r\n\r\n")
    equal(set(tool.dropped()), {"agent"}, "verdicts")
    expect(all(count >= 2 for count in tool.packets().values()), f"{tool.packets()}")


def malformed_and_other_frames(wire, version):
    """Kind of event -> frame that causes it, for the rules of events()."""
    def source(n):
        return wire.address(n, version)
    server = wire.server(source(2))
    tcp = tcp_packet(source(3), server, 80, 70, b"x")
    at = 40 if version == 6 else 20
    hello = client_hello("x.ads.net")
    return {
        "drop_host": udp_packet(source(2), server, 80),
        "drop_net": udp_packet(source(0x4002), server, 80),
        "drop_port": udp_packet(source(3), server, 53),
        "drop_name": tcp_packet(source(3), server, 443, payload=hello),
        "drop_agent": tcp_packet(source(3), server, 80, payload=http_request("BadBot")),
        "malformed": tcp[:at + 12] + b"\x40" + tcp[at + 13:],
        "pass_unread": tcp_packet(source(3), server, 443, payload=hello[:60]),
    }


def read_events(tool, count):
    done = tool("events", "--json", "--count", count, "--for", "10s", status=None)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    equal((len(events), done.returncode), (count, 0), f"events\n{done.stdout}{done.stderr}")
    return events


@with_each("native", "generic")
def events(tool, hook):
    """Each kind, decoded from the BTF of the object."""
    wire = Wire()
    tool.load(wire.device, "--xdp", hook, "--sample", "1")
    tool("add", "udp:53", "udp-src:77", "name:*.ads.net", "agent:BadBot")
    for version in VERSIONS:
        tool("add", wire.address(2, version), wire.prefix(version))
    ids = {rule["rule"]: rule["id"] for rule in tool.json("list")["rules"]}
    for version in VERSIONS:
        frames = malformed_and_other_frames(wire, version)
        wire.send_frames(*(ethernet(packet) for packet in frames.values()),
                         ethernet(udp_packet(wire.address(3, version), wire.server(
                             wire.address(3, version)), 80, 77)))
        found = read_events(tool, len(frames) + 1)
        equal([event["what"]["kind"] for event in found], [*frames, "drop_port"], "kinds")
        what = {event["what"]["kind"]: event["what"] for event in found[:-1]}
        equal(what["drop_host"]["rule"], ids[wire.address(2, version)], "rule")
        equal(what["drop_net"]["rule"], ids[wire.prefix(version)], "rule")
        equal(what["drop_port"], {"kind": "drop_port", "rule": ids["udp:53"], "port": 53,
                                  "is_source": 0}, "what")
        equal(found[-1]["what"], {"kind": "drop_port", "rule": ids["udp-src:77"], "port": 77,
                                  "is_source": 1}, "what")
        equal((what["drop_name"]["name"], what["drop_name"]["rule"]),
              ("x.ads.net", ids["name:*.ads.net"]), "name")
        equal((what["drop_agent"]["agent"], what["drop_agent"]["rule"]),
              ("BadBot", ids["agent:BadBot"]), "agent")
        equal(what["malformed"]["reason"], "MALFORMED_TCP", "reason")
        for event, packet in zip(found, frames.values()):
            check_frame_of(event, wire, version, packet)
    # Text has a line for each, too.
    wire.send_frames(ethernet(udp_packet(wire.address(2), wire.v4, 80)))
    line = tool("events", "--count", "1", "--for", "10s").stdout
    expect("drop_host" in line and wire.address(2) in line and line.count("\n") == 1, line)


def check_frame_of(event, wire, version, packet):
    with inside(wire.netns):
        index = int(subprocess.run(["ip", "-o", "link", "show", wire.device], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout.split(":")[0])
    equal((event["ip"], event["device"], event["interface"], event["group"], event["length"]),
          (version, wire.device, index, 0, len(packet) + 14), event["what"]["kind"])
    expect(event["netns"] > 0 and event["time"] > 0, f"{event}")
    n = {"drop_host": 2, "drop_net": 0x4002}.get(event["what"]["kind"], 3)
    equal((event["source"], event["destination"]),
          (wire.address(n, version), wire.server(wire.address(n, version))), "addresses")
    at = 40 if version == 6 else 20
    equal(event["protocol"], packet[6 if version == 6 else 9], "protocol")
    # Of packets that addresses decide over, layer 4 is not read.
    if event["what"]["kind"] not in ("malformed", "drop_host", "drop_net"):
        equal((event["source_port"], event["destination_port"]),
              struct.unpack("!HH", packet[at:at + 4]), "ports")


def not_listed(tool):
    """Of the mode allow; and what --sample and --without do to events."""
    wire = Wire()
    tool.load(wire.device, "--sample", "1", "--mode", "allow")
    wire.send_frames(ethernet(udp_packet(wire.address(2), wire.v4, 80)),
                     ethernet(ip_packet(wire.address(3), wire.v4, 47, b"12345678")))
    # The kernel itself may tell of its multicast groups in between, which nobody allowed.
    found = [event for event in read_events(tool, tool.verdict("not-listed")) if event["ip"] == 4]
    equal([event["what"] for event in found], [{"kind": "drop_not_listed"}] * 2, "what")
    equal([event["protocol"] for event in found], [17, 47], "protocols")
    tool.reload("--sample", "0")
    wire.send_frames(ethernet(udp_packet(wire.address(2), wire.v4, 80)))
    done = tool("events", "--count", "1000", "--for", "1s", status=1)
    expect("no-events" in done.stderr and wire.address(2) not in done.stdout, f"{done}")
    tool.reload("--sample", "1", "--without", "events")
    wire.send_frames(ethernet(udp_packet(wire.address(2), wire.v4, 80)))
    done = tool("events", "--count", "1", "--for", "1s", status=None)
    expect(done.returncode in (1, 2) and not done.stdout, f"{done}")
    equal(set(tool.dropped()), {"not-listed"}, "verdicts")


# ---- the policy ----------------------------------------------------------------------------------

def policy(tool):
    """A script blocks who scans ports, and only that one."""
    wire = Wire()
    tool.load(wire.device, "--sample", "1")
    tool("add", "tcp:100-200")
    script = ROOT / "tools" / "xdp-blacklist" / "policy" / "port-scan.lua"
    process = tool.start("policy", script, "--for", "20s", preexec_fn=die_with_parent)
    time.sleep(0.2)
    if process.poll() is not None and "Lua" in (text := process.stderr.read()):
        raise Skip(text)
    for version in VERSIONS:
        scanner, other = wire.address(2, version), wire.address(3, version)
        server = wire.server(scanner)
        wire.send_frames(*(ethernet(tcp_packet(scanner, server, 100 + i, flags=2))
                           for i in range(25)),
                         *(ethernet(tcp_packet(other, server, 100 + i % 15, flags=2))
                           for i in range(30)))
        eventually(lambda: scanner in tool.packets(), "the scanner is blocked")
        wire.stopped("ping", scanner)
        wire.passes("ping", other)
    rules = {rule["rule"]: rule for rule in tool.json("list", "hosts")["rules"]}
    equal(set(rules), {wire.address(2), wire.address(2, 6)}, "rules")
    expect(all(0 < rule["seconds_left"] <= 600 for rule in rules.values()), f"{rules}")
    process.terminate()
    process.wait(10)
    wire.stopped("ping", wire.address(2))  # rules outlive the script


def policy_fails(tool):
    """A script that errs or runs away is stopped, logged, and changes nothing."""
    wire = Wire()
    tool.load(wire.device, "--sample", "1")
    tool("add", "udp:53")
    scripts = {
        "broken": "function on_event(e) block(e.source); error('broken') end",
        "more than": "function on_event(e) block(e.source); while true do end end",
        "not enough memory": "function on_event(e) block(e.source); local t = {} "
                             "while true do t[#t + 1] = string.rep('x', 100000) .. #t end end",
        "`300`": "function on_event(e) block(e.source); block('300.1.2.3') end",
    }
    for why, text in scripts.items():
        script = FOLDER / "script.lua"
        script.write_text(text)
        process = tool.start("policy", script, "--for", "20s", preexec_fn=die_with_parent)
        wire.send_frames(*[ethernet(udp_packet(wire.address(2), wire.v4, 53))] * 2)
        for _ in range(2):
            line = process.stdout.readline()
            if not line and "Lua" in (error := process.stderr.read()):
                raise Skip(error)
            expect(line.startswith("log ") and why in line, f"{line!r} does not say: {why}")
        equal(set(tool.packets()), {"udp:53"}, f"rules after a script: {why}")
        process.kill()
    wire.passes("ping", wire.address(2))


# ---- the challenge -------------------------------------------------------------------------------

def get(wire, source, cookie=None, deadline=ARRIVES):
    """The page; None when the request is not answered in time."""
    connection = http.client.HTTPConnection(wire.server(source), 8080, timeout=deadline,
                                            source_address=(source, 0))
    try:
        with inside(wire.client):
            connection.connect()
        connection.request("GET", "/", headers={"Cookie": cookie} if cookie else {})
        return connection.getresponse().read().decode()
    except TimeoutError:
        return None
    finally:
        connection.close()


def serve_challenge():
    """The demo server as a user without capabilities, who owns the maps."""
    Path("/sys/fs/bpf").chmod(0o711)
    path = ROOT / "testdata" / "xdp-blacklist" / "challenge_server.py"
    spec = importlib.util.spec_from_file_location("challenge_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)  # before it is another user's, who may not reach Python
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.dup2(write_end, 1)
        sys.argv = ["challenge_server.py", str(PINS / "cookies"), "--port", "8080"]
        try:
            module.main()
        except BaseException as problem:  # pylint: disable=broad-except
            print(problem, flush=True)
        os._exit(1)
    os.close(write_end)
    with os.fdopen(read_end) as output:
        line = output.readline()
    expect("listening" in line, line)
    return child


def cookie_of(page):
    found = page and re.search(r'document\.cookie = "([^;"]+);', page)
    expect(found and "real page" not in page, f"no challenge: {page}")
    return found[1]


def challenge(tool):
    """Who runs the script gets in; who does not is banned after so many requests."""
    wire = Wire()
    tool.load(wire.device, "--challenge", "--most-fails", "3", "--ban", "1h", "--owner",
              str(NOBODY), "--sample", "1")
    server = serve_challenge()
    for version in VERSIONS:
        good, bad = wire.address(2, version), wire.address(3, version)
        cookie = cookie_of(get(wire, good))
        for _ in range(6):
            expect("real page" in get(wire, good, f"a=b; {cookie}"), "the cookie does not help")
        first = cookie_of(get(wire, bad))
        expect(first != cookie, "two addresses have one cookie")
        cookie_of(get(wire, bad))  # 1
        cookie_of(get(wire, bad, cookie))  # 2: one of another address
        equal(get(wire, bad, deadline=0.3), None, "page after too many fails")  # 3
        wire.stopped("ping", bad)
        wire.passes("ping", good)
        ban, = tool.json("list", "bans")["bans"]
        equal(ban["address"], bad, "address of the ban")
        expect(3500 < ban["seconds_left"] <= 3600, f"{ban}")
        tool("del", f"ban:{good}", status=1)
        tool("del", f"ban:{bad}")
        equal(tool.json("list", "bans")["bans"], [], "bans")
        wire.passes("ping", bad)
        expect("real page" in get(wire, bad, first), "the cookie does not help any more")
    kinds = {event["what"]["kind"]: event["what"] for event in read_events(tool, 4)}
    equal(kinds["drop_challenge"]["fails"], 3, "fails")
    expect(set(kinds) <= {"drop_challenge", "drop_banned"}, f"{kinds}")
    equal(set(tool.dropped()), {"challenge", "banned"}, "verdicts")
    os.kill(server, signal.SIGKILL)


def ban_ends(tool):
    """A ban is for a time; and there is none without --challenge."""
    wire = Wire()
    tool.load(wire.device, "--challenge", "--most-fails", "1", "--ban", "3s", "--owner",
              str(NOBODY))
    server = serve_challenge()
    bad = wire.address(3)
    cookie_of(get(wire, bad))
    equal(get(wire, bad, deadline=0.3), None, "page after a fail")
    wire.stopped("ping", bad)
    eventually(lambda: wire.ping(bad, 0.2), "the ban is over")
    equal(tool.json("list", "bans")["bans"], [], "bans")
    os.kill(server, signal.SIGKILL)
    tool("unload")
    tool.load(wire.device)
    for _ in range(5):
        wire.passes("tcp", bad, 8081, http_request("x"))


CASES = [names, agents, events, not_listed, policy, policy_fails, challenge, ban_ends]

if __name__ == "__main__":
    main(__doc__, CASES)
