#!/usr/bin/env python3
"""Frames that packet.h builds, and ClientHellos that the reference reads, by what others know.

  frames   struct of Python reads what packet_lines built; checksums are right; OpenSSL answers each
           ClientHello and sees its name; http.server reads each request
  names    the reference finds the name in what OpenSSL sends, whole and cut
  tcpdump  tcpdump finds nothing wrong with the frames
"""

import argparse
import http.server
import io
import json
import os
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TCP, UDP, ICMP, ICMPV6, FRAGMENT, AUTHENTICATION = 6, 17, 1, 58, 44, 51


def ones_sum(data):
    """The Internet checksum: 0 over data with its checksum in it."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, expected, what):
    check(got == expected, f"{what}: {got!r} instead of {expected!r}")


def read_ethernet(frame, line):
    equal(len(frame) >= 14, True, "an Ethernet header")
    at, vlans = 12, []
    while (kind := struct.unpack_from("!H", frame, at)[0]) in (0x8100, 0x88A8):
        vlans.append([kind, struct.unpack_from("!H", frame, at + 2)[0]])
        at += 4
    equal(vlans, line["vlans"], "VLAN tags")
    return kind, frame[at + 2:]


def read_ipv4(packet, line):
    """Its protocol, what it carries, and the fragment."""
    first, _, total, _, fragment, _, protocol, _ = struct.unpack_from("!BBHHHBBH", packet)
    header = (first & 15) * 4
    equal(first >> 4, 4, "version")
    equal(header, 20 + line["ip_options"], "header length")
    equal(len(packet) - total, line["trailer"], "trailer")
    equal(ones_sum(packet[:header]), 0, "header checksum")
    equal(packet[12:16].hex(), line["source"], "source")
    equal(packet[16:20].hex(), line["destination"], "destination")
    is_fragment = "fragment" in line
    return protocol, packet[header:total], [fragment & 0x1FFF, bool(fragment & 0x2000)], is_fragment


def read_ipv6(packet, line):
    first, length, kind = struct.unpack_from("!IHB", packet)
    equal(first >> 28, 6, "version")
    equal(len(packet) - 40 - length, line["trailer"], "trailer")
    equal(packet[8:24].hex(), line["source"], "source")
    equal(packet[24:40].hex(), line["destination"], "destination")
    rest, fragment = packet[40:40 + length], [0, False]
    expected = [[kind, body] for kind, body in line["extensions"]]
    if "fragment" in line:
        expected.append([FRAGMENT, ""])
    for expected_kind, body in expected:
        equal(kind, expected_kind, "extension header")
        size = (rest[1] + 2) * 4 if kind == AUTHENTICATION else (rest[1] + 1) * 8
        if kind == FRAGMENT:
            size = 8
            word = struct.unpack_from("!H", rest, 2)[0]
            fragment = [word >> 3, bool(word & 1)]
        else:
            check(rest[2:size].hex().startswith(body), "body of an extension header")
        equal(size % 8, 0, "length of an extension header")
        kind, rest = rest[0], rest[size:]
    return kind, rest, fragment, "fragment" in line


def pseudo_header(line, length):
    addresses = bytes.fromhex(line["source"] + line["destination"])
    if len(addresses) == 8:
        return addresses + struct.pack("!HH", line["protocol"], length)
    return addresses + struct.pack("!IHBB", length, 0, 0, line["protocol"])


def read_layer4(protocol, content, line):
    """What TCP and the others carry."""
    if protocol in (TCP, UDP):
        equal(list(struct.unpack_from("!HH", content)), line["ports"], "ports")
    if protocol in (TCP, UDP, ICMPV6):
        equal(ones_sum(pseudo_header(line, len(content)) + content), 0, "checksum")
    if protocol == ICMP:
        equal(ones_sum(content), 0, "checksum")
    if protocol == TCP:
        header = (content[12] >> 4) * 4
        equal(header, 20 + line["tcp_options"], "length of the TCP header")
        return content[header:]
    if protocol == UDP:
        equal(struct.unpack_from("!H", content, 4)[0], len(content), "length of UDP")
    return content[8:] if protocol in (UDP, ICMP, ICMPV6) else content


class Server:
    """OpenSSL, as far as its answer to a ClientHello."""

    def __init__(self, folder):
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        "/CN=example.com", "-days", "2", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.context.sni_callback = self.note_name
        self.name = None

    def note_name(self, _socket, name, _context):
        self.name = name

    def answer(self, hello):
        """The name that was asked for, and whether TLS 1.3 was agreed on."""
        self.name = None
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(hello)
        connection = self.context.wrap_bio(incoming, outgoing, server_side=True)
        try:
            connection.do_handshake()
        except ssl.SSLWantReadError:
            pass
        answer = outgoing.read()
        check(answer[:1] == b"\x16" and answer[5:6] == b"\x02", f"no ServerHello but {answer.hex()}")
        # supported_versions, which only TLS 1.3 answers
        return self.name, b"\x00\x2b\x00\x02\x03\x04" in answer


class Request(http.server.BaseHTTPRequestHandler):
    def __init__(self, payload):  # pylint: disable=super-init-not-called
        self.rfile, self.wfile = io.BytesIO(payload), io.BytesIO()
        self.raw_requestline = self.rfile.readline()
        self.error = None
        check(self.parse_request(), f"no HTTP request: {self.error}")

    def send_error(self, code, message=None, explain=None):
        self.error = (code, message)


def check_payload(payload, line, server):
    if "server_name" in line and server:
        name, is_tls13 = server.answer(payload)
        equal(name or "", line["server_name"], "server name")
        equal(is_tls13, line["tls13"], "TLS 1.3")
    if "http" in line:
        request = Request(payload)
        equal({"method": request.command, "path": request.path,
               "user_agent": request.headers.get("User-Agent", ""),
               "cookie": request.headers.get("Cookie", "")}, line["http"], "request")


def frames_of(options):
    output = subprocess.run([options.packet_lines, "frames", str(options.count), str(options.seed)],
                            check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def check_frame(line, server):
    equal(line["error"], "", "build_packet()")
    kind, packet = read_ethernet(bytes.fromhex(line["frame"]), line)
    equal(kind, 0x0800 if len(line["source"]) == 8 else 0x86DD, "type")
    protocol, content, fragment, is_fragment = (read_ipv4 if kind == 0x0800 else read_ipv6)(
        packet, line)
    equal(protocol, line["protocol"], "protocol")
    if is_fragment:
        equal(fragment, line["fragment"], "fragment")
    payload = content if fragment[0] else read_layer4(protocol, content, line)
    equal(payload.hex(), line["payload"], "payload")
    check_payload(payload, line, server)


def frames(options):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)) if shutil.which("openssl") else None
        lines = frames_of(options)
        for line in lines:
            try:
                check_frame(line, server)
            except AssertionError as error:
                sys.exit(f"{error}\n{json.dumps(line)}")
    for what in ("server_name", "http", "fragment"):
        check(sum(what in line for line in lines) > len(lines) / 20, f"few frames with {what}")
    print(f"{len(lines)} frames")


def openssl_hello(name, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = version
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def names(options):
    """Every cut of each ClientHello: the name is there, or it is unread, and never another."""
    longest = ".".join(["a" * 62] * 4)  # OpenSSL takes no more than 255 bytes.
    payloads, expected = [], []
    for name in (None, "example.com", "A-b_c.Example.COM", "x", longest):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            hello = openssl_hello(name, version)
            for length in range(len(hello) + 1):
                payloads.append(hello[:length].hex())
                expected.append((name.lower() if name else "-", length, len(hello)))
    output = subprocess.run([options.packet_lines, "server-names"], check=True, capture_output=True,
                            text=True, input="".join(payload + "\n" for payload in payloads)).stdout
    lines = output.splitlines()
    equal(len(lines), len(expected), "lines")
    cuts = 0
    for line, (name, length, whole) in zip(lines, expected):
        case = f"{name}, {length} of {whole} bytes"
        if length < 6:
            equal(line, "- read -", case)
        elif length == whole:
            equal(line, f"hello read {name}", case)
        else:
            check(line in (f"hello read {name}", "hello unread -"), f"{case}: {line}")
            cuts += line == "hello unread -"
    check(cuts > len(expected) / 4, "few cuts are unread")
    print(f"{len(expected)} payloads, {cuts} of them cut before the name ends")


def tcpdump(options):
    if not shutil.which("tcpdump"):
        print("skipped: there is no tcpdump")
        sys.exit(SKIPPED)
    lines = frames_of(options)
    file = struct.pack("!IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for line in lines:
        frame = bytes.fromhex(line["frame"])
        file += struct.pack("!IIII", 0, 0, len(frame), len(frame)) + frame
    as_root = ["-Z", "root"] if os.geteuid() == 0 else []  # Else it wants a user of its own.
    ran = subprocess.run(["tcpdump", "-nn", "-vv", "-r", "-", *as_root], input=file,
                         capture_output=True, check=False)
    equal(ran.returncode, 0, ran.stderr.decode())
    text = ran.stdout.decode(errors="replace")
    # It does not know routing headers of this type, and stops there.
    rows = [row for row in text.splitlines() if "type=253" not in row]
    for wrong in ("truncated", "incorrect", "bad-len", "bad cksum", "invalid", "wrong"):
        found = [row for row in rows if wrong in row]
        check(not found, f"tcpdump says {wrong}: {found[:3]}")
    equal(text.count("(correct)") > len(lines) / 10, True, "checksums that tcpdump knows")
    print(f"{len(lines)} frames")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packet-lines", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("what", choices=["frames", "names", "tcpdump"])
    options = parser.parse_args()
    {"frames": frames, "names": names, "tcpdump": tcpdump}[options.what](options)


if __name__ == "__main__":
    main()
