"""Networks of a case, and packets over them. Every packet has a deadline."""

import contextlib
import ipaddress
import os
import select
import socket
import ssl
import struct
import subprocess
import threading
import time

from sandbox import CLONE_NEWNET, FOLDER, LIBC, die_with_parent, eventually, expect, ip, must

# Seconds. What is to arrive may be late on a slow machine; what is not to arrive never comes.
ARRIVES, STAYS_AWAY = 8, 0.3
ETH_P_ALL = 3
SERVER_MAC, CLIENT_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


@contextlib.contextmanager
def inside(netns):
    """In a network namespace by its name; sockets that are made there stay there."""
    with open("/proc/thread-self/ns/net", "rb") as home:
        if netns:
            with open(f"/run/netns/{netns}", "rb") as there:
                must(LIBC.setns(there.fileno(), CLONE_NEWNET))
        try:
            yield
        finally:
            must(LIBC.setns(home.fileno(), CLONE_NEWNET))


def is_v6(address):
    return ":" in address


def family_of(address):
    return socket.AF_INET6 if is_v6(address) else socket.AF_INET


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Wire:
    """Two interfaces with a wire between: the server's, here or in a namespace, where the program
    runs, and the client's, in a namespace, from which packets come."""

    def __init__(self, device="s0", number=7, netns=None, resolves=False):
        self.device, self.number, self.netns = device, number, netns
        self.client = f"client-{device}"
        self.client_device = device + "c"
        self.sockets = {}
        if netns and not os.path.exists(f"/run/netns/{netns}"):
            ip(f"netns add {netns}")
            ip("link set lo up", netns=netns)
        ip(f"netns add {self.client}")
        ip(f"link add {device} address {SERVER_MAC} type veth "
           f"peer name {self.client_device} address {CLIENT_MAC} netns {self.client}", netns=netns)
        self.v4, self.v6 = self.address(1), self.address(1, 6)
        ip(f"link set {device} addrgenmode none", f"address add {self.v4}/16 dev {device}",
           f"link set {device} up", f"address add {self.v6}/64 dev {device} nodad", netns=netns)
        self.clients = [2, 3, 4, 5, 6, 7, 8, 9, 0x4002, 0x4003]
        ip(f"link set {self.client_device} addrgenmode none", f"link set {self.client_device} up",
           "link set lo up",
           *(f"address add {self.address(n)}/16 dev {self.client_device}" for n in self.clients),
           *(f"address add {self.address(n, 6)}/64 dev {self.client_device} nodad"
             for n in self.clients), netns=self.client)
        if not resolves:
            self.introduce()

    def introduce(self):
        """Each end knows the other, so that nothing but what a case sends is on the wire."""
        ip(*(f"neigh replace {address} lladdr {SERVER_MAC} dev {self.client_device} nud permanent"
             for address in (self.v4, self.v6)), netns=self.client)
        ip(*(f"neigh replace {self.address(n, version)} lladdr {CLIENT_MAC} dev {self.device} "
             "nud permanent" for n in self.clients for version in (4, 6)), netns=self.netns)

    def address(self, n, version=4):
        """Of a client; 1 is the server. Those from 0x4000 are in prefix()."""
        if version == 6:
            return str(ipaddress.IPv6Address(f"2001:db8:{self.number}::{n:x}"))
        return f"10.{self.number}.{n >> 8}.{n & 0xff}"

    def prefix(self, version=4):
        return (f"2001:db8:{self.number}::4000/114" if version == 6
                else f"10.{self.number}.64.0/18")

    def server(self, source):
        return self.v6 if is_v6(source) else self.v4

    def make(self, netns, family, kind, protocol=0):
        with inside(netns):
            return socket.socket(family, kind, protocol)

    # ---- sent by sockets; each says whether it arrived -------------------------------------------

    def ping(self, source, deadline=ARRIVES):
        v6 = is_v6(source)
        echo = self.make(self.client, family_of(source), socket.SOCK_RAW,
                         socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
        with echo:
            echo.bind((source, 0))
            mark = os.urandom(8)
            head = struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, 1, 1)
            if not v6:
                head = struct.pack("!BBHHH", 8, 0, checksum(head + mark), 1, 1)
            echo.sendto(head + mark, (self.server(source), 0))
            end = time.monotonic() + deadline
            while (left := end - time.monotonic()) > 0:
                if not select.select([echo], [], [], left)[0]:
                    break
                packet = echo.recv(2048)
                answer = packet if v6 else packet[(packet[0] & 15) * 4:]
                if answer[0] == (129 if v6 else 0) and answer[8:] == mark:
                    return True
        return False

    def listener(self, kind, source, port):
        key = (kind, family_of(source), port)
        if key not in self.sockets:
            server = self.make(self.netns, family_of(source), kind)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((self.server(source), port))
            if kind == socket.SOCK_STREAM:
                server.listen(64)
            self.sockets[key] = server
        return self.sockets[key]

    def from_client(self, kind, source, source_port):
        client = self.make(self.client, family_of(source), kind)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind((source, source_port))
        return client

    def udp(self, source, port, source_port=0, deadline=ARRIVES):
        server = self.listener(socket.SOCK_DGRAM, source, port)
        mark = os.urandom(8)
        with self.from_client(socket.SOCK_DGRAM, source, source_port) as client:
            client.sendto(mark, (self.server(source), port))
        end = time.monotonic() + deadline
        while (left := end - time.monotonic()) > 0:
            if select.select([server], [], [], left)[0] and server.recv(100) == mark:
                return True
        return False

    def tcp(self, source, port, payload=b"", source_port=0, deadline=ARRIVES):
        """Without payload: whether it connects; else whether the payload arrives."""
        listening = self.listener(socket.SOCK_STREAM, source, port)
        with self.from_client(socket.SOCK_STREAM, source, source_port) as client:
            # Closing sends no more than a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.settimeout(ARRIVES if payload else deadline)
            try:
                client.connect((self.server(source), port))
            except TimeoutError:
                expect(not payload, "it does not even connect")
                return False
            listening.settimeout(ARRIVES)
            server, _ = listening.accept()
            with server:
                if not payload:
                    return True
                client.sendall(payload)
                server.settimeout(deadline)
                try:
                    return server.recv(65536) == payload
                except TimeoutError:
                    return False

    def passes(self, kind, source, *arguments, **options):
        expect(getattr(self, kind)(source, *arguments, **options),
               f"{kind} from {source} {arguments} {options} does not arrive")

    def stopped(self, kind, source, *arguments, **options):
        expect(not getattr(self, kind)(source, *arguments, deadline=STAYS_AWAY, **options),
               f"{kind} from {source} {arguments} {options} arrives")

    # ---- frames ----------------------------------------------------------------------------------

    def send_frames(self, *frames):
        with self.make(self.client, socket.AF_PACKET, socket.SOCK_RAW) as out:
            out.bind((self.client_device, 0))
            for frame in frames:
                out.send(frame)

    @contextlib.contextmanager
    def watching(self):
        """Gives a function that says whether a frame with some bytes came by, after the program."""
        with inside(self.netns):
            sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        with sniffer:
            sniffer.bind((self.device, ETH_P_ALL))

            def came_by(mark, deadline):
                end = time.monotonic() + deadline
                while (left := end - time.monotonic()) > 0:
                    if select.select([sniffer], [], [], left)[0]:
                        frame, origin = sniffer.recvfrom(65536)
                        if origin[2] != socket.PACKET_OUTGOING and mark in frame:
                            return True
                return False
            yield came_by

    def frame(self, frame, deadline=ARRIVES):
        """Sends a frame that ends in 8 bytes of its own."""
        with self.watching() as came_by:
            self.send_frames(frame)
            return came_by(frame[-8:], deadline)


def ethernet(packet, *tags, kind=None):
    """A frame to the server; each tag is (tpid, VLAN id)."""
    if kind is None:
        kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    head = bytes.fromhex((SERVER_MAC + CLIENT_MAC).replace(":", ""))
    for tpid, vlan in tags:
        head += struct.pack("!HH", tpid, vlan)
    return head + struct.pack("!H", kind) + packet


def ip_packet(source, destination, protocol, payload, fragment=0):
    a, b = (ipaddress.ip_address(text).packed for text in (source, destination))
    if len(a) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + a + b + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0)
    head += a + b
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp_packet(source, destination, port, source_port=40000):
    payload = os.urandom(8)
    return ip_packet(source, destination, 17,
                     struct.pack("!HHHH", source_port, port, 16, 0) + payload)


def tcp_packet(source, destination, port, source_port=40000, payload=b"", flags=0x18, offset=5):
    """A segment with payload, or with another flag: 2 is SYN."""
    return ip_packet(source, destination, 6, struct.pack(
        "!HHIIBBHHH", source_port, port, 1, 1, offset << 4, flags, 65535, 0, 0) + payload)


def client_hello(name):
    """As OpenSSL writes it."""
    context = ssl.create_default_context()
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def http_request(agent, host="example.org"):
    return f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n".encode()


class TlsServer:
    """openssl s_server on all addresses of the wire's server: one for each handshake, because one
    that waits for the rest of a ClientHello serves nobody else."""

    def __init__(self, wire):
        self.wire, self.port = wire, 8443
        self.files = ["-key", FOLDER / "key.pem", "-cert", FOLDER / "certificate.pem"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.files[1], "-out",
                        self.files[3], "-days", "1", "-subj", "/CN=test"], check=True, timeout=30,
                       stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def openssl(self, netns, stdin, *arguments):
        with inside(netns):
            process = subprocess.Popen(
                ["openssl", *arguments], stdin=stdin, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def is_listening(self):
        with self.wire.make(self.wire.netns, socket.AF_INET, socket.SOCK_STREAM) as probe:
            return probe.connect_ex((self.wire.v4, self.port)) == 0

    def handshake(self, source, name, was_dropped):
        """Whether openssl s_client gets through before `was_dropped` says that it will not."""
        self.port += 1
        server = self.wire.server(source)
        where, bind = ((f"[{server}]:{self.port}", f"[{source}]:0") if is_v6(source)
                       else (f"{server}:{self.port}", f"{source}:0"))
        with self.openssl(self.wire.netns, subprocess.PIPE, "s_server", "-accept", str(self.port),
                          *self.files):
            eventually(self.is_listening, "openssl s_server listens")
            with self.openssl(self.wire.client, subprocess.DEVNULL, "s_client", "-connect", where,
                              "-bind", bind, "-servername", name) as client:
                end = time.monotonic() + ARRIVES
                while client.poll() is None and not was_dropped() and time.monotonic() < end:
                    time.sleep(0.02)
                if client.poll() is None:
                    expect(was_dropped(), f"{name} from {source}: neither through nor dropped")
                    time.sleep(STAYS_AWAY)
                    return client.poll() is not None
                text = client.communicate()[0].decode()
                expect(client.returncode == 0 and "TLSv1." in text, text)
                return True


class Flood:
    """Datagrams from one address at a rate, until it is told to stop."""

    def __init__(self, wire, source, rate, port=9, deadline=100):
        self.wire, self.source = wire, source
        self.server = wire.listener(socket.SOCK_DGRAM, source, port)
        self.client = wire.from_client(socket.SOCK_DGRAM, source, 0)
        self.port, self.pause, self.end = port, 1 / rate, time.monotonic() + deadline
        self.sent, self.is_over = 0, threading.Event()
        self.thread = threading.Thread(target=self.send, daemon=True)

    def send(self):
        while not self.is_over.wait(self.pause) and time.monotonic() < self.end:
            self.client.sendto(b"flood", (self.wire.server(self.source), self.port))
            self.sent += 1

    def arrived(self):
        time.sleep(0.1)  # for those on their way
        count = 0
        while count < self.sent and select.select([self.server], [], [], 0)[0]:
            self.server.recv(100)
            count += 1
        return count

    def __enter__(self):
        self.thread.start()
        eventually(lambda: self.sent > 20, "packets are sent")
        return self

    def __exit__(self, kind, *_):
        is_late = time.monotonic() >= self.end
        self.is_over.set()
        self.thread.join(5)
        self.client.close()
        expect(kind or not is_late, "the flood ended before what it was to last for")
