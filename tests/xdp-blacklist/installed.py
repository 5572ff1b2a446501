#!/usr/bin/env python3
"""The installed program, run as the service runs it: installed.py BUILD.

Installs what is in the build folder below a folder of its own, and runs there what the unit says,
with the capabilities that it names: with all of them, with one less, and as another user. Needs
root, and works in namespaces of its own.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from packaging import expect, need, run, skip  # beside this file

CAPABILITIES = ["bpf", "net_admin", "perfmon"]  # of the service


def own_namespaces():
    """Starts this program again with networks and a BPF file system of its own."""
    if os.geteuid() != 0 or not Path("/sys/kernel/btf/vmlinux").exists():
        skip("needs root and a kernel with BTF")
    if "XDP_BLACKLIST_PACKAGING" not in os.environ:
        os.environ["XDP_BLACKLIST_PACKAGING"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    for command in (["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"],
                    "ip link add eth0 type veth peer name peer0".split(),
                    "ip link set eth0 up".split()):
        expect(run(*command).returncode == 0, str(command))


def service_command(unit, key):
    """What the service runs, with the settings that it has when nobody set any."""
    line = re.search(rf"^{key}=(.*)$", unit, re.M)[1]
    settings = dict(word.split("=", 1)
                    for word in re.search(r"^Environment=(.*)$", unit, re.M)[1].split())
    line = line.replace("%I", "eth0")
    for name, value in settings.items():
        line = line.replace("${" + name + "}", value).replace("$" + name, value)
    return line.split()


def check_installed(folder, build):
    done = run("cmake", "--install", build / "tools" / "xdp-blacklist",
               env={**os.environ, "DESTDIR": str(folder)})
    expect(done.returncode == 0, f"install: {done.stderr}")
    files = {path.name: path for path in folder.rglob("*") if path.is_file()}
    for name in ("blacklist.bpf.o", "xdp-blacklist@.service", "xdp-blacklist.conf", "rules",
                 "port-scan.lua", "malformed.lua"):
        expect(name in files, f"{name} is not installed: {sorted(files)}")
    unit = files["xdp-blacklist@.service"].read_text()
    # Another user may get there; the unit names places without the folder in front.
    folder.chmod(0o755)

    def service(key, capabilities=tuple(CAPABILITIES), user=0, extra=()):
        command = service_command(unit, key)
        command = [str(folder) + word if word.startswith("/") else word for word in command]
        set_to = ",".join(["-all", *("+" + name for name in capabilities)])
        return run("setpriv", f"--bounding-set={set_to}", f"--inh-caps={set_to}",
                   f"--ambient-caps={set_to}", f"--reuid={user}", f"--regid={user}",
                   "--clear-groups", "--no-new-privs", *command, *extra)

    for key in ("ExecStart", "ExecReload", "ExecStart", "ExecStop", "ExecStart", "ExecStop"):
        done = service(key)
        expect(done.returncode == 0 and done.stderr == "", f"{key}: {done.stdout}{done.stderr}")
    program = next(folder.rglob("bin/xdp-blacklist"))
    status = run(program, "status", "--json").stdout
    check = re.search(r"grep -Eq '(.*)'", files["xdp-blacklist.conf"].read_text())[1]
    expect(re.search(check, status), f"fail2ban does not find the mode: {status}")
    expect(run(program, "unload").returncode == 0, "unload")
    for missing in CAPABILITIES:
        done = service("ExecStart", [name for name in CAPABILITIES if name != missing])
        expect(done.returncode == 2, f"it loads without {missing}: {done.stderr}")
    # No need to be root, where the BPF file system is one's own.
    own = folder / "pins"
    own.mkdir()
    expect(run("mount", "-t", "bpf", "bpf", own).returncode == 0, "mount")
    try:
        own.chmod(0o777)
        for key in ("ExecStart", "ExecStop"):
            done = service(key, user=65534, extra=["--pins", own / "p"])
            expect(done.returncode == 0, f"as another user: {done.stdout}{done.stderr}")
    finally:
        run("umount", own)
    print("installed, and run as the service does with " + ", ".join(CAPABILITIES))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: installed.py BUILD")
    need("setpriv", "unshare", "ip", "cmake")
    own_namespaces()
    with tempfile.TemporaryDirectory(prefix="xdp-blacklist-") as folder:
        check_installed(Path(folder), Path(sys.argv[1]).absolute())


if __name__ == "__main__":
    main()
