#!/usr/bin/env python3
"""The page of the JavaScript challenge: challenge_server.py PIN [--port N] [--address A]

PIN is the map `cookies` of an instance that was loaded with --challenge and --owner, for instance
/sys/fs/bpf/xdp-blacklist/default/cookies. It has to be this user's; nothing else is needed.

A client that has not the right cookie gets a page whose script sets it and loads again. At the same
time the server writes into the map what requests from this address have to say from now on. Who runs
the script gets the real page. Who does not, and asks again and again, is banned by the program in the
kernel, and the server hears no more of it.
"""

import argparse
import ctypes
import hashlib
import hmac
import http.server
import ipaddress
import os
import platform
import secrets
import socket
import struct
import sys

# include/uapi/linux/bpf.h, enum bpf_cmd
BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_OBJ_GET, BPF_OBJ_GET_INFO_BY_FD = 1, 2, 7, 15
SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}
LIBC = ctypes.CDLL(None, use_errno=True)

# layout.h: struct address, which has IPv4 as ::ffff:a.b.c.d, and struct cookie.
KEY_SIZE = 16
COOKIE = struct.Struct("=II64s")  # fails, length, text

CHALLENGE = """<!doctype html><title>One moment</title>
<script>document.cookie = "{cookie}; path=/; samesite=strict";
if (document.cookie.includes("{cookie}")) location.reload();
else document.write("This page needs cookies.");</script>
<noscript>This page needs JavaScript.</noscript>
"""
PAGE = "<!doctype html><title>Welcome</title><p>This is the real page.</p>\n"


def bpf(command, attributes):
    """bpf(2); `attributes` are the bytes of union bpf_attr."""
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = LIBC.syscall(SYS_BPF[platform.machine()], command, buffer, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def address_of(buffer):
    return ctypes.cast(buffer, ctypes.c_void_p).value


class Cookies:
    """The map `cookies`."""

    def __init__(self, pin):
        path = ctypes.create_string_buffer(os.fsencode(pin))
        self.fd = bpf(BPF_OBJ_GET, struct.pack("=QII", address_of(path), 0, 0))
        info = ctypes.create_string_buffer(16)  # type, id, key_size, value_size
        bpf(BPF_OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", self.fd, len(info), address_of(info)))
        if struct.unpack("=IIII", info)[2:] != (KEY_SIZE, COOKIE.size):
            raise ValueError(f"{pin} is not a map of cookies as this server knows them")

    def element(self, command, key, value):
        keys = ctypes.create_string_buffer(key, KEY_SIZE)
        bpf(command, struct.pack("=IIQQQ", self.fd, 0, address_of(keys), address_of(value), 0))

    def get(self, key):
        value = ctypes.create_string_buffer(COOKIE.size)
        try:
            self.element(BPF_MAP_LOOKUP_ELEM, key, value)
        except FileNotFoundError:
            return 0, b""
        fails, length, text = COOKIE.unpack(value.raw)
        return fails, text[:length]

    def expect(self, key, text):
        """From now on requests of the address have to say this. Its fails stay."""
        fails, now = self.get(key)
        if now != text:
            value = COOKIE.pack(fails, len(text), text)
            self.element(BPF_MAP_UPDATE_ELEM, key, ctypes.create_string_buffer(value, len(value)))


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10  # seconds, for a client that says nothing

    def do_GET(self):
        key = ipaddress.IPv6Address(self.client_address[0].split("%")[0]).packed
        bound = hmac.new(self.server.secret, key, hashlib.sha256).hexdigest()[:32]
        cookie = "challenge=" + bound  # at most 63 bytes
        given = [part.strip() for part in self.headers.get("Cookie", "").split(";")]
        if any(hmac.compare_digest(part.encode(), cookie.encode()) for part in given):
            self.answer(PAGE)
        else:
            try:
                self.server.cookies.expect(key, cookie.encode())
            except OSError as error:  # the map is full: this one is not held against anything
                self.log_error("%s", error)
            self.answer(CHALLENGE.format(cookie=cookie))

    def answer(self, page):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page.encode())


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6  # and IPv4, whose clients are ::ffff:a.b.c.d

    def __init__(self, address, cookies):
        self.cookies = cookies
        self.secret = secrets.token_bytes(32)  # of this run: a cookie of another is not right
        super().__init__(address, Handler)

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("pin", help="of the map `cookies`")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--address", default="::", help="to listen on; default: all")
    arguments = parser.parse_args()
    try:
        server = Server((arguments.address, arguments.port), Cookies(arguments.pin))
    except (OSError, ValueError) as error:
        sys.exit(f"challenge_server.py: {arguments.pin}: {error}")
    print(f"listening on port {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
