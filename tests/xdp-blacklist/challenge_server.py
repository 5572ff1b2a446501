#!/usr/bin/env python3
"""The demo server of the challenge, with a map of its own: what it writes, and to whom it gives the
page. Runs itself again in a mount namespace, for a BPF file system that ends with the test."""

import http.client
import importlib.util
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = Path(__file__).resolve().parents[2] / "testdata" / "xdp-blacklist" / "challenge_server.py"
SKIPPED = 77
BPF_MAP_CREATE, BPF_OBJ_PIN, BPF_MAP_TYPE_HASH = 0, 6, 1


def load_server():
    spec = importlib.util.spec_from_file_location("challenge_server", SERVER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_map(server, pin, value_size):
    fd = server.bpf(BPF_MAP_CREATE, struct.pack("=IIIII", BPF_MAP_TYPE_HASH, 16, value_size, 100, 0))
    path = server.ctypes.create_string_buffer(os.fsencode(pin))
    server.bpf(BPF_OBJ_PIN, struct.pack("=QII", server.address_of(path), fd, 0))
    os.close(fd)


def get(host, port, cookie=None):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request("GET", "/", headers={"Cookie": cookie} if cookie else {})
    page = connection.getresponse().read().decode()
    connection.close()
    return page


def check_client(cookies, host, port, key):
    challenge = get(host, port)
    found = re.search(r'document\.cookie = "([^;"]+);', challenge)
    assert found and "real page" not in challenge, challenge
    cookie = found[1]
    assert cookies.get(key) == (0, cookie.encode()), (cookies.get(key), cookie)
    assert "real page" in get(host, port, cookie)
    assert "real page" in get(host, port, f"a=b; {cookie}; c=d")
    assert "real page" not in get(host, port, cookie[:-1])
    assert "real page" not in get(host, port, "x" + cookie)
    return cookie


def test(folder):
    server = load_server()
    pin = f"{folder}/cookies"
    try:
        make_map(server, pin, server.COOKIE.size)
    except PermissionError:
        print("skipped: may not make a map")
        sys.exit(SKIPPED)
    process = subprocess.Popen([sys.executable, str(SERVER), pin, "--port", "0"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(process.stdout.readline().split()[-1])
        cookies = server.Cookies(pin)
        v4 = bytes(10) + b"\xff\xff\x7f\x00\x00\x01"
        v6 = bytes(15) + b"\x01"
        first = check_client(cookies, "127.0.0.1", port, v4)
        second = check_client(cookies, "::1", port, v6)
        assert first != second, "a cookie of another address is right"
        assert "real page" not in get("127.0.0.1", port, second)
        # What the program in the kernel has counted stays.
        cookies.element(server.BPF_MAP_UPDATE_ELEM, v4, server.ctypes.create_string_buffer(
            server.COOKIE.pack(5, 3, b"old"), server.COOKIE.size))
        check = get("127.0.0.1", port)
        assert "document.cookie" in check
        assert cookies.get(v4) == (5, first.encode()), cookies.get(v4)
    finally:
        process.terminate()
        process.wait(10)
    make_map(server, f"{folder}/other", 8)
    for wrong in (f"{folder}/other", f"{folder}/absent"):
        done = subprocess.run([sys.executable, str(SERVER), wrong], stderr=subprocess.PIPE,
                              text=True, check=False, timeout=10)
        assert done.returncode == 1 and wrong in done.stderr, done.stderr
    print("challenged and let in, over IPv4 and IPv6")


def main():
    if len(sys.argv) == 2:
        test(sys.argv[1])
        return
    if os.geteuid() != 0:
        print("skipped: needs root, for a BPF file system")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="xdp-blacklist-") as folder:
        script = 'mount -t bpf none "$1" || exit 77; "$2" "$3" "$1"; s=$?; umount "$1"; exit $s'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", folder,
                               sys.executable, __file__], check=False, timeout=120)
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
