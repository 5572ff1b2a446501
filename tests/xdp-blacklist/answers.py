#!/usr/bin/env python3
"""Holds what every command answers with --json against the tables of docs/xdp-blacklist-json.md.

Both ways: an answer has no member that is not in its table, and of the right type; it lacks none
that is not optional; and each table and each member of it is met at least once. Works in namespaces
of its own, and needs root.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "xdp-blacklist-json.md"
SKIPPED = 77
TYPES = {"string": str, "boolean": bool, "number": (int, float), "integer": int,
         "null": type(None)}
# What takes a challenge with a server, long waits or a program that is not ours.
NOT_MET = {"Events": {"what.until", "what.fails"}, "Policy": {"unblock"},
           "xdp-blacklist.bench/1": {"packets[].programs[].skipped"},
           "xdp-blacklist.load/1": {"migrated[]"}, "xdp-blacklist.import/1": {"removed[]"},
           "xdp-blacklist.bans/1": {"bans[].address", "bans[].seconds_left"}}


def tables():
    """Heading -> member -> (its types, whether it is optional)."""
    found = {}
    for section in re.split(r"^## ", DOCUMENT.read_text(), flags=re.M)[1:]:
        members = {}
        for member, types in re.findall(r"^\| `(.+?)` \| (.+?) \|", section, re.M):
            members[member] = (types.rstrip("?").split(" or "), types.endswith("?"))
        found[section.splitlines()[0].strip("`")] = members
    return found


def is_a(value, types):
    for name in types:
        if name == "integer" and isinstance(value, str) and value.isdecimal():
            return True
        if isinstance(value, bool) != (name == "boolean"):
            continue
        if isinstance(value, TYPES[name]):
            return True
    return False


class Checker:
    def __init__(self):
        self.tables = tables()
        self.met = {name: set() for name in self.tables}
        self.answers = 0
        self.problems = []

    def leaves(self, table, value, path):
        """Members that there are: [(path, value)]. Objects with members of any name are `*`."""
        if isinstance(value, list):
            for element in value:
                yield from self.leaves(table, element, path + "[]")
        elif isinstance(value, dict):
            is_map = any(member.startswith(path + ".*") for member in table)
            for name, inner in value.items():
                name = "*" if is_map else name
                yield from self.leaves(table, inner, f"{path}.{name}" if path else name)
        else:
            yield path, value

    def check(self, answer, heading):
        self.answers += 1
        if heading not in self.tables:
            self.problems.append(f"{heading} has no table")
            return
        table = self.tables[heading]
        found = list(self.leaves(table, answer, ""))
        for path, value in found:
            if path == "schema":
                continue
            if path not in table:
                self.problems.append(f"{heading}: {path} is not in the table")
            elif not is_a(value, table[path][0]):
                self.problems.append(f"{heading}: {path} is {value!r}, not {table[path][0]}")
            self.met[heading].add(path)
        here = {path for path, _ in found}
        for member, (_, is_optional) in table.items():
            # Members of the elements of an array, when it has some.
            inside = member.rpartition("[]")[0] or member.rpartition(".*")[0]
            has_any = not inside or any(path.startswith(inside + ("[]" if "[]" in member else ""))
                                        for path in here)
            if not is_optional and has_any and member not in here:
                self.problems.append(f"{heading}: an answer has no {member}")

    def finish(self):
        for heading, table in self.tables.items():
            missing = set(table) - self.met[heading] - NOT_MET.get(heading, set())
            if missing:
                self.problems.append(f"{heading}: never met {sorted(missing)}")
        for problem in sorted(set(self.problems)):
            print(problem)
        print(f"{self.answers} answers, {len(self.tables)} tables")
        return not self.problems


class Tool:
    def __init__(self, program, folder):
        self.program, self.folder, self.checker = program, folder, Checker()

    def run(self, *command, status=0, heading=None):
        done = subprocess.run([self.program, "--json", *command], cwd=self.folder, check=False,
                              timeout=120, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode != status:
            self.checker.problems.append(f"{command}: exit status {done.returncode}, not {status}: "
                                         f"{done.stderr}")
            return
        # Those of many lines are one object, or an object each.
        try:
            answers = [json.loads(done.stdout)]
        except json.JSONDecodeError:
            answers = [json.loads(line) for line in done.stdout.splitlines()]
        for answer in answers:
            self.checker.check(answer, heading or answer.get("schema", "no schema"))


def enter_own_namespaces():
    if os.geteuid() != 0 or not Path("/sys/kernel/btf/vmlinux").exists():
        print("skipped: needs root and a kernel with BTF")
        sys.exit(SKIPPED)
    if "XDP_BLACKLIST_ANSWERS" not in os.environ:
        os.environ["XDP_BLACKLIST_ANSWERS"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                              sys.executable, *sys.argv])
    for command in ("mount -t bpf bpf /sys/fs/bpf", "mount -t tmpfs tmpfs /run",
                    "ip netns add blue",
                    "ip link add eth0 type veth peer name eth0 netns blue",
                    "ip link set eth0 up", "ip -n blue link set eth0 up",
                    "ip address add 192.0.2.1/24 dev eth0",
                    "ip -n blue address add 192.0.2.2/24 dev eth0"):
        subprocess.run(command.split(), check=True)


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: curl/8\r\n\r\n"


def client_hello(name):
    """A TLS record that asks for a server: RFC 8446, 4.1.2, and RFC 6066, 3."""
    entry = bytes([0]) + len(name).to_bytes(2, "big") + name
    names = len(entry).to_bytes(2, "big") + entry
    extensions = bytes(2) + len(names).to_bytes(2, "big") + names
    hello = (bytes([3, 3]) + bytes(32) + bytes([0, 0, 2, 0x13, 1, 1, 0])
             + len(extensions).to_bytes(2, "big") + extensions)
    return (bytes([22, 3, 1]) + (4 + len(hello)).to_bytes(2, "big")
            + bytes([1]) + len(hello).to_bytes(3, "big") + hello)


def send(script):
    """Something from the other end, which goes on while a command waits for it."""
    return subprocess.Popen(["timeout", "20", "ip", "netns", "exec", "blue", "bash", "-c",
                             f"for i in {{1..60}}; do {script}; sleep 0.3; done"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def answer_all(tool):
    tool.run("load", "eth0", "--sample", "1")
    tool.run("add", "10.0.0.0/8", "--group", "7", "--for", "10m")
    tool.run("add", "10.0.0.0/8", "--netns", "blue")
    tool.run("add", "192.0.2.2", "--interface", "eth0")
    tool.run("add", "192.0.2.2", "--interface", "eth0")
    tool.run("add", "tcp:23", "agent:curl/", "name:ads.example.net", "2001:db8::/32")
    tool.run("list")
    tool.run("list", "hosts", "192.0.2.2")
    tool.run("list", "hosts", "192.0.2.3", status=1)
    tool.run("list", "bans")
    tool.run("status")
    tool.run("test", "--src", "192.0.2.7", "--sni", "ads.example.net", status=1)
    tool.run("test", "--src", "192.0.2.7")
    tool.run("test", "--packet", "hex:" + "00" * 12 + "08004f", status=1)
    tool.run("export")
    Path(tool.folder, "rules").write_text("tcp:23 for=5m\n198.51.100.0/24\n")
    tool.run("apply", "--dry-run", "rules", status=1)
    tool.run("import", "rules")
    Path(tool.folder, "rules").write_text("tcp:23\n198.51.100.0/24\n")
    sender = send("echo >/dev/udp/192.0.2.1/9")
    tool.run("events", "--count", "1", "--for", "10s", heading="Events")
    sender.kill()
    Path(tool.folder, "a.lua").write_text(
        "function on_tick() log('tick') end\n"
        "function on_event(event) block('203.0.113.9') end\n")
    sender = send("echo >/dev/udp/192.0.2.1/9")
    tool.run("policy", "a.lua", "--for", "3s", heading="Policy")
    sender.kill()
    tool.run("apply", "rules")
    tool.run("top", "-n", "3")
    tool.run("stats", "--watch", "1s", "--rounds", "2")
    tool.run("mode", "allow", "--confirm", "1s")
    tool.run("status")
    tool.run("mode", "allow", "--confirm", "30s")
    tool.run("mode", "confirm")
    tool.run("mode", "block")
    tool.run("del", "tcp:23")
    tool.run("del", "tcp:23", status=1)
    tool.run("reload")
    tool.run("unload")


def drop_all_kinds(tool):
    """An event of each kind that takes no server."""
    subprocess.run(["ip", "address", "add", "192.0.2.3/24", "dev", "eth0"], check=True)
    tool.run("load", "eth0", "--sample", "1")
    tool.run("add", "agent:curl/", "name:ads.example.net", "udp:9")
    frames = Path(tool.folder, "send.py")
    frames.write_text(f"""
import socket, struct
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0))
def ipv4(protocol, payload):
    return (bytes(12) + struct.pack(">HBBHHHBBH", 0x800, 0x45, 0, 20 + len(payload), 0, 0, 64,
                                    protocol, 0)
            + bytes([192, 0, 2, 2, 192, 0, 2, 1]) + payload)
def tcp(port, data):
    return ipv4(6, struct.pack(">HHIIBBHHH", 4000, port, 0, 0, 0x50, 0x18, 0, 0, 0) + data)
raw.send(tcp(80, {REQUEST!r}))
raw.send(tcp(443, {client_hello(b"ads.example.net")!r}))
raw.send(ipv4(17, struct.pack(">HHHH", 4000, 9, 8, 0)))
raw.send(bytes(12) + bytes.fromhex("08004f"))
""")
    sender = send(f"{sys.executable} {frames}")
    tool.run("events", "--count", "8", "--for", "10s", heading="Events")
    sender.kill()
    tool.run("unload", "eth0")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=os.path.abspath, help="folder of our programs")
    arguments = parser.parse_args()
    enter_own_namespaces()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(os.path.join(arguments.bin, "xdp-blacklist"), folder)
        answer_all(tool)
        drop_all_kinds(tool)
        tool.run("bench", "--packets", "pass UDP4", "--repeat", "1000", "--rounds", "5")
        tool.run("bench", "--rules", "10")
    sys.exit(0 if tool.checker.finish() else 1)


if __name__ == "__main__":
    main()
