#!/usr/bin/env python3
"""What a package of xdp-blacklist has beside the program: packaging.py PART [BUILD].

man         the page is clean, and names the commands and options that the program's --help does
completion  so does the completion; bash completes what it should, driven as bash drives it
systemd     the service is well formed, and gives little away
fail2ban    a jail bans and unbans through a program that only writes down what it is asked

BUILD is the folder of the build.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "tools" / "xdp-blacklist" / "packaging"
SKIPPED = 77

# Writes its arguments down; knows what the real one says of itself.
FAKE = """#!/bin/sh
echo "$*" >>"$FAKE_LOG"
case " $* " in
  *" status "*) printf '{"mode": "%s"}\\n' "${FAKE_MODE:-block}" ;;
  *" list --json"*) cat <<'END'
{"rules": [
{"rule": "10.1.2.3", "packets": 1},
{"rule": "2001:db8::/32", "packets": 1},
{"rule": "tcp:443", "packets": 0},
{"rule": "tcp:80", "packets": 0}
]}
END
  ;;
  *" del 10.9.9.9"*) exit 1 ;;
esac
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need(*programs):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.environ["PATH"] = path
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=60, **options)


def expect(condition, message):
    if not condition:
        print(f"FAILED: {message}")
        sys.exit(1)


def make_fake(folder):
    fake = folder / "xdp-blacklist"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    (folder / "asked").touch()
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}",
            "FAKE_LOG": str(folder / "asked")}


# ---- --help --------------------------------------------------------------------------------------

def help_of(build, *command):
    done = run(build / "bin" / "xdp-blacklist", *command, "--help")
    expect(done.returncode == 0, f"{command} --help: {done.stderr}")
    return done.stdout


def known_options(build):
    """Command -> options, as --help lists them; '' has the global ones."""
    def options(text):
        lines = re.findall(r"^  (-\S.*)$", text, re.M)
        return {word for line in lines for word in re.findall(r"(?<![^ ,])--?[a-z][a-z-]*",
                                                              line.split("  ")[0])} - {"-h"}

    text = help_of(build)
    listed = text[text.index("Subcommands:"):text.index("Exit status:")]
    known = {"": options(text)}
    for command in re.findall(r"^  ([a-z]+) ", listed, re.M):
        known[command] = options(help_of(build, command)) - {"--help"}
    return known


def expect_same(name, found, known):
    """Holds commands and options of a page or script against those that there are."""
    expect(set(found) == set(known), f"{name}: commands differ: {sorted(set(found) ^ set(known))}")
    differ = {command or "all": (sorted(options - known[command]), sorted(known[command] - options))
              for command, options in found.items() if options != known[command]}
    expect(not differ, f"{name}: options that there are not, and that it lacks: {differ}")


# ---- man -----------------------------------------------------------------------------------------

def test_man(_folder, build):
    need("scdoc")
    source = (PACKAGING / "xdp-blacklist.8.scd").read_text()
    page = run("scdoc", input=source)
    expect(page.returncode == 0, f"scdoc: {page.stderr}")
    if shutil.which("groff"):
        checked = run("groff", "-man", "-t", "-ww", "-z", "-Tutf8", input=page.stdout)
        expect(checked.stderr == "", f"groff: {checked.stderr}")
    sections = re.findall(r"^# (.*)$", source, re.M)
    for section in ["NAME", "SYNOPSIS", "COMMANDS", "RULES", "EXIT STATUS", "FILES", "LIMITS"]:
        expect(section in sections, f"no section {section}")

    def options(text):
        return set(re.findall(r"\*(--?[a-z][a-z-]*)", text))

    globals_ = source[source.index("# GLOBAL OPTIONS"):source.index("# COMMANDS")]
    found = {"": options(globals_) | {"--help", "--version"}}
    commands = source[source.index("# COMMANDS"):source.index("# RULES")]
    for part in re.split(r"^(?=\*)", commands, flags=re.M)[1:]:
        found[re.match(r"\*(\w+)", part)[1]] = options(part)
    expect_same("man page", found, known_options(build))
    print(f"{len(found) - 1} commands in the page, with their options")


# ---- completion ----------------------------------------------------------------------------------

# Splits the line as readline does: at blanks, and each run of colons and = is a word.
DRIVER = r"""
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
compopt() { :; }
_xdp_blacklist
printf '%s\n' "${COMPREPLY[@]}"
"""


def completion_options():
    """Command -> options, as the completion knows them."""
    script = PACKAGING / "xdp-blacklist.bash"
    text = script.read_text()
    commands = re.search(r"_xdp_blacklist_commands='(.*)'", text)[1].split()
    options = {}
    for command in ["", *commands]:
        done = run("bash", "-c", '. "$1"; _xdp_blacklist_options "$2"', "bash", script, command)
        options[command] = set(done.stdout.split())
    for command in commands:
        options[command] -= options[""]
    return options


def valued_options(build):
    """Those that --help shows with a value behind them."""
    valued = set()
    for command in known_options(build):
        lines = re.findall(r"^  (-\S.*)$", help_of(build, *filter(None, [command])), re.M)
        valued |= {line.split()[0] for line in lines if re.match(r"--?[a-z-]+ [A-Z]", line)}
    return valued


def completions(line, environment):
    done = run("bash", "-u", "-c", DRIVER, "bash", PACKAGING / "xdp-blacklist.bash", line,
               env=environment)
    expect(done.returncode == 0 and done.stderr == "", f"{line!r}: {done.stderr}")
    return [reply for reply in done.stdout.split("\n") if reply]


def test_completion(folder, build):
    need("bash")
    expect_same("completion", completion_options(), known_options(build))
    text = (PACKAGING / "xdp-blacklist.bash").read_text()
    valued = set(re.search(r"_xdp_blacklist_valued='(.*)'", text)[1].split("|"))
    expect(valued == valued_options(build),
           f"options with a value: {sorted(valued ^ valued_options(build))}")
    environment = make_fake(folder)
    (folder / "pins" / "edge").mkdir(parents=True)
    (folder / "pins" / "default").mkdir()
    interfaces = sorted(os.listdir("/sys/class/net"))
    exactly = {
        "xdp-blacklist lo": ["load"],
        "xdp-blacklist --json un": ["unload"],
        "xdp-blacklist --name edge rel": ["reload"],
        "xdp-blacklist add --f": ["--for"],
        "xdp-blacklist --name=edge del --": None,
        "xdp-blacklist load --xdp ": ["auto", "native", "generic"],
        "xdp-blacklist load --mode a": ["allow"],
        "xdp-blacklist mode c": ["confirm"],
        "xdp-blacklist list n": ["nets", "names"],
        "xdp-blacklist del 10": ["10.1.2.3"],
        # What is before the last colon stays on the line.
        "xdp-blacklist del tcp:": ["443", "80"],
        "xdp-blacklist del tcp:4": ["443"],
        "xdp-blacklist del 2001:db8:": [":/32"],
        "xdp-blacklist add t": ["tcp:", "tcp-src:"],
        f"xdp-blacklist --pins {folder}/pins --name ": ["default", "edge"],
        f"xdp-blacklist --pins {folder}/pins --name e": ["edge"],
        "xdp-blacklist load ": interfaces,
        "xdp-blacklist add --interface ": interfaces,
        "xdp-blacklist load eth0 --object ": [],  # files
        "xdp-blacklist import ": [],
        "xdp-blacklist import --format i": ["ipset"],
        "xdp-blacklist completions ": ["bash"],
        "xdp-blacklist nonsense --js": ["--json"],
    }
    for line, expected in exactly.items():
        found = completions(line, environment)
        if expected is not None:
            expect(sorted(found) == sorted(expected), f"{line!r}: {found}, not {expected}")
    everything = completions("xdp-blacklist ", environment)
    expect(len(everything) == 18, f"all commands: {everything}")
    completions(f"xdp-blacklist --pins {folder}/pins --name edge del ", environment)
    asked = (folder / "asked").read_text().splitlines()
    expect(f"--name edge --pins {folder}/pins list --json" in asked, f"asked: {asked}")
    print(f"{len(exactly) + 2} lines completed")


# ---- systemd -------------------------------------------------------------------------------------

def test_systemd(folder, _build):
    need("systemd-analyze")
    text = (PACKAGING / "xdp-blacklist@.service.in").read_text()
    (folder / "bin").mkdir()
    make_fake(folder / "bin")
    unit = folder / "xdp-blacklist@.service"
    unit.write_text(text.replace("@BINDIR@", str(folder / "bin")).replace("@SYSCONFDIR@", "/etc"))
    # An instance, by a link as systemd itself makes them.
    instance = folder / "xdp-blacklist@eth0.service"
    instance.symlink_to(unit)
    # Without a manager: the page of the manual need not be installed.
    verified = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", instance)
    ours = [line for line in verified.stderr.splitlines() if "xdp-blacklist" in line]
    expect(verified.returncode == 0 and not ours, f"verify: {verified.stderr}")

    secured = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", instance)
    exposure = re.search(r"exposure level.*?: ([0-9.]+)", secured.stdout)
    expect(exposure, f"security: {secured.stdout}{secured.stderr}")
    print(f"exposure {exposure[1]}")
    expect(float(exposure[1]) <= 2.0, "the service can do more than before: "
           + "\n".join(line for line in secured.stdout.splitlines() if line.startswith("✗")))
    capabilities = re.search(r"^CapabilityBoundingSet=(.*)$", text, re.M)[1].split()
    expect(capabilities == ["CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"], str(capabilities))


# ---- fail2ban ------------------------------------------------------------------------------------

class Jail:
    """A fail2ban of its own, in a folder, with one jail that watches one file."""

    def __init__(self, folder, options=""):
        self.folder = folder
        self.environment = make_fake(folder)
        self.log = folder / "watched.log"
        self.log.touch()
        config = folder / "config"
        for name in ("filter.d", "action.d", "jail.d"):
            (config / name).mkdir(parents=True)
        shutil.copy(PACKAGING / "xdp-blacklist.conf", config / "action.d")
        (config / "filter.d" / "fake.conf").write_text(
            "[Definition]\nfailregex = ^ login failed from <ADDR>$\n")
        (config / "fail2ban.conf").write_text(
            "[Definition]\nloglevel = INFO\nsyslogsocket = auto\n"
            f"logtarget = {folder}/fail2ban.log\nsocket = {folder}/socket\n"
            f"pidfile = {folder}/pid\ndbfile = {folder}/db\ndbpurgeage = 1d\n")
        (config / "jail.conf").write_text(
            "[DEFAULT]\nbackend = polling\nusedns = no\nallowipv6 = yes\n"
            "[fake]\nenabled = yes\nfilter = fake\nmaxretry = 2\nfindtime = 600\n"
            f"logpath = {self.log}\naction = xdp-blacklist{options}\n{self.jail_settings}\n")

    jail_settings = "bantime = 600"

    def client(self, *command, must=True):
        done = run("fail2ban-client", "-c", self.folder / "config", "-s", self.folder / "socket",
                   "-p", self.folder / "pid", *command, env=self.environment)
        expect(done.returncode == 0 or not must,
               f"fail2ban-client {command}: {done.stdout}{done.stderr}{self.messages()}")
        return done

    def messages(self):
        log = self.folder / "fail2ban.log"
        return log.read_text() if log.exists() else ""

    def __enter__(self):
        self.server = subprocess.Popen(
            ["fail2ban-server", "-f", "-c", str(self.folder / "config"), "-s",
             str(self.folder / "socket"), "-p", str(self.folder / "pid"), "start"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: self.client("status", "fake", must=False).returncode == 0,
                  "fail2ban does not start")
        return self

    def __exit__(self, *_):
        self.client("stop", must=False)
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def wait(self, is_done, problem):
        deadline = time.monotonic() + 60
        while not is_done():
            if self.server.poll() is not None or time.monotonic() > deadline:
                expect(False, f"{problem}\n{self.messages()}asked: {self.asked()}")
            time.sleep(0.2)

    def asked(self):
        return (self.folder / "asked").read_text().splitlines()

    def fail_logins(self, address):
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with self.log.open("a") as log:
            log.write(f"{stamp} login failed from {address}\n" * 2)

    def expect_asked(self, command):
        self.wait(lambda: command in self.asked(), f"xdp-blacklist was not asked: {command}")


class EndlessJail(Jail):
    jail_settings = "bantime = -1"


def test_fail2ban(folder, _build):
    need("fail2ban-server", "fail2ban-client")
    (folder / "a").mkdir()
    with Jail(folder / "a") as jail:
        for address in ("192.0.2.7", "2001:db8::7", "10.9.9.9"):
            jail.fail_logins(address)
            jail.expect_asked(f"--name default add {address} --for 600s")
        expect("--name default status --json" in jail.asked(), f"no check: {jail.asked()}")
        for address in ("192.0.2.7", "2001:db8::7"):
            jail.client("set", "fake", "unbanip", address)
            jail.expect_asked(f"--name default del {address}")
        # Its rule is over already: exit status 1, which is no error.
        jail.client("set", "fake", "unbanip", "10.9.9.9")
        jail.expect_asked("--name default del 10.9.9.9")
        # What is banned when it stops, it unbans.
        jail.client("set", "fake", "banip", "192.0.2.8")
        jail.expect_asked("--name default add 192.0.2.8 --for 600s")
        jail.client("stop")
        jail.server.wait(20)
        expect("--name default del 192.0.2.8" in jail.asked(), f"not unbanned: {jail.asked()}")
        expect(" ERROR " not in jail.messages(), jail.messages())

    (folder / "b").mkdir()
    with EndlessJail(folder / "b", '[instance=edge, options="--interface eth0"]') as jail:
        jail.fail_logins("192.0.2.7")
        jail.expect_asked("--name edge add 192.0.2.7 --interface eth0")
        jail.client("set", "fake", "unbanip", "192.0.2.7")
        jail.expect_asked("--name edge del 192.0.2.7 --interface eth0")

    # Where rules let pass, it must not add any.
    (folder / "c").mkdir()
    os.environ["FAKE_MODE"] = "allow"
    with Jail(folder / "c") as jail:
        jail.fail_logins("192.0.2.7")
        jail.wait(lambda: " ERROR " in jail.messages(), "no error in mode allow")
        expect(not any(" add " in command for command in jail.asked()), f"asked: {jail.asked()}")
    print("banned and unbanned IPv4 and IPv6; for a time, for good; not in mode allow")


PARTS = {"man": test_man, "completion": test_completion, "systemd": test_systemd,
         "fail2ban": test_fail2ban}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in PARTS:
        sys.exit(f"usage: packaging.py {'|'.join(PARTS)} BUILD")
    with tempfile.TemporaryDirectory(prefix="xdp-blacklist-") as folder:
        PARTS[sys.argv[1]](Path(folder), Path(sys.argv[2]).absolute())


if __name__ == "__main__":
    main()
