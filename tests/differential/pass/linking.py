#!/usr/bin/env python3
"""However modules are put together, the records are those of the separately compiled units.

Two units read task_struct, of one layout or of two. Each is compiled alone by clang with the pass
as plugin; what `btfreloc dump` lists there, and what `btfreloc relocate` makes of it for a kernel,
is compared with the same units

lto, thin       as bitcode of -flto and -flto=thin, finished one by one, or linked by llvm-lto2
link            processed one by one, then linked by llvm-link; optimized before or after that
link-first      linked by llvm-link, then processed
units           linked and processed, then split for code generation; or processed by several
                threads of one program
O0              compiled without optimization
twice           processed again: the second time changes nothing
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (lives one folder up)

# Holds a task_struct with all members that are used here, where the units do not have them.
KERNEL = HERE.parents[2] / "testdata" / "objects" / "kernel_values.bpfel.o"

PREAMBLE = """
#define __relocated __attribute__((btf_decl_tag("btfreloc")))
#define PROGRAM __attribute__((section("raw_tp/sys_enter"), used))
"""

LAYOUT = """
struct task_struct {
  struct task_struct* real_parent;
  char comm[40];
  int tgid, pid;
  unsigned int not_there : 3, sched_reset_on_fork : 1;
} __relocated;
"""

# The members have other names, at the same indices and offsets: a record that is taken for the one
# of the other layout asks for another member.
SWAPPED_LAYOUT = """
struct task_struct {
  struct task_struct* group_leader;
  char comm[40];
  int pid, tgid;
  unsigned int not_there : 3, sched_reset_on_fork : 1;
} __relocated;
"""

# The same names elsewhere.
MOVED_LAYOUT = """
struct task_struct {
  int pid;
  char comm[20];
  unsigned int sched_reset_on_fork : 1;
  int tgid;
  struct task_struct *group_leader, *real_parent;
} __relocated;
"""

FIRST = """
PROGRAM int first_tgid(struct task_struct* task) { return task->tgid; }
PROGRAM int first_pid(struct task_struct* task) { return task->pid; }
PROGRAM int first_parent(struct task_struct* task) { return task->real_parent->tgid; }
PROGRAM int first_letter(struct task_struct* task) { return task->comm[7]; }
PROGRAM int first_reset(struct task_struct* task) { return task->sched_reset_on_fork; }
"""

SECOND = """
PROGRAM int second_tgid(struct task_struct* task) { return task->tgid; }
PROGRAM int second_pid(struct task_struct* task) { return task->pid; }
PROGRAM char* second_comm(struct task_struct* task) { return task->comm; }
PROGRAM int second_letter(struct task_struct* task) { return task->comm[7]; }
PROGRAM int second_reset(struct task_struct* task) { return task->sched_reset_on_fork; }
"""

SECOND_PARENT = """
PROGRAM int second_parent(struct task_struct* task) { return task->real_parent->pid; }
"""

SECOND_LEADER = """
PROGRAM int second_leader(struct task_struct* task) { return task->group_leader->pid; }
"""

# The same name at the same place, and another size: a load of it is made narrower only where it is
# known how wide it was.
NARROW = """
struct task_struct {
  struct task_struct* real_parent;
  unsigned int policy;
} __relocated;
PROGRAM long first_policy(struct task_struct* task) { return task->policy; }
"""

WIDE = """
struct task_struct {
  struct task_struct* real_parent;
  unsigned long policy;
} __relocated;
PROGRAM long second_policy(struct task_struct* task) { return task->policy; }
"""

# What has no member that names it: two types, and two enumerators, must stay two.
NAMED = """
unsigned __btfreloc_type_size(const char* type);
unsigned __btfreloc_type_id_target(const char* type);
unsigned __btfreloc_field_exists(const char* record, const char* path);
unsigned long long __btfreloc_enum_value(const char* type, const char* enumerator);
static enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_SID = 9 } used __attribute__((used));
struct nsproxy { void *uts_ns, *net_ns; } __relocated;
"""

NAMED_FIRST = """
struct rlimit { unsigned long not_there; } __relocated;
PROGRAM int first_size(struct rlimit* limit) { return __btfreloc_type_size("struct rlimit"); }
PROGRAM int first_id(struct rlimit* limit) { return __btfreloc_type_id_target("struct rlimit"); }
PROGRAM int first_field(struct nsproxy* proxy) {
  return __btfreloc_field_exists("struct nsproxy", "uts_ns");
}
PROGRAM int first_enum(struct nsproxy* proxy) {
  return __btfreloc_enum_value("enum pid_type", "PIDTYPE_TGID");
}
"""

NAMED_SECOND = """
struct cred { unsigned long not_there; } __relocated;
PROGRAM int second_size(struct cred* cred) { return __btfreloc_type_size("struct cred"); }
PROGRAM int second_id(struct cred* cred) { return __btfreloc_type_id_target("struct cred"); }
PROGRAM int second_field(struct nsproxy* proxy) {
  return __btfreloc_field_exists("struct nsproxy", "net_ns");
}
PROGRAM int second_enum(struct cred* cred) {
  return __btfreloc_enum_value("enum pid_type", "PIDTYPE_SID");
}
"""

PAIRS = {
    "same layout": (LAYOUT + FIRST, LAYOUT + SECOND + SECOND_PARENT),
    "swapped layout": (LAYOUT + FIRST, SWAPPED_LAYOUT + SECOND + SECOND_LEADER),
    "moved layout": (LAYOUT + FIRST, MOVED_LAYOUT + SECOND + SECOND_PARENT + SECOND_LEADER),
    "resized layout": (NARROW, WIDE),
    "named": (NAMED + NAMED_FIRST, NAMED + NAMED_SECOND),
}


class Toolchain:
    """The programs of one LLVM, and the pass built for it."""

    def __init__(self, version, plugin):
        self.plugin = Path(plugin).resolve()
        if not self.plugin.is_file():
            support.skip(f"{self.plugin} is not built")
        self.tools = {name: support.tool(f"{name}-{version}") for name in
                      ["clang", "opt", "llc", "llvm-link", "llvm-lto2", "llvm-nm", "llvm-split"]}

    def run(self, name, *arguments):
        return support.output(self.tools[name], *arguments).decode()

    def clang(self, source, target, *flags):
        self.run("clang", "--target=bpf", "-mcpu=v3", "-g", *flags, "-c", source, "-o", target)
        return target

    def clang_with_pass(self, source, target, *flags):
        return self.clang(source, target, f"-fpass-plugin={self.plugin}", *flags)

    def unprocessed(self, source, target, *flags):
        return self.clang(source, target, "-O2", "-Xclang", "-disable-llvm-passes", "-emit-llvm",
                          *flags)

    def opt(self, passes, source, target, *flags):
        self.run("opt", f"-load-pass-plugin={self.plugin}", f"-passes={passes}", source, "-o",
                 target, *flags)
        return target

    def llc(self, source):
        target = source.with_suffix(".o")
        self.run("llc", "-march=bpfel", "-mcpu=v3", "-filetype=obj", source, "-o", target)
        return target

    def link(self, sources, target):
        self.run("llvm-link", *sources, "-o", target)
        return target

    def lto(self, sources, target, *flags):
        """The objects that llvm-lto2 makes of the modules, all of whose symbols stay."""
        resolutions = []
        for source in sources:
            for line in self.run("llvm-nm", "-P", source).splitlines():
                name, kind = line.split()[:2]
                if kind.isupper():  # the others are known in the module only
                    resolutions.append(f"-r={source},{name},{'' if kind == 'U' else 'px'}")
        self.run("llvm-lto2", "run", *sources, "-o", target, "-mcpu=v3", *resolutions, *flags)
        objects = sorted(target.parent.glob(f"{target.name}.*"))
        if not objects:
            raise RuntimeError(f"llvm-lto2 wrote no {target.name}")
        return objects


def facts_of(btfreloc, path, with_code):
    """A line per relocation: what it asks for, what a kernel answers, and on demand the operation
    that it leaves behind."""
    report = support.output(btfreloc, "relocate", path, "-k", KERNEL, "--json")
    relocations = support.dump_json(btfreloc, path)["relocations"]
    for asked, told in zip(relocations, json.loads(report)["relocations"], strict=True):
        # Types are numbered anew where modules are put together.
        local = "-" if asked["kind"].endswith("type_id") else asked["local"]
        yield (f"{asked['program']}: {asked['kind']} {asked['root']}.{asked['path']} "
               f"({asked['access']}) {local} -> {told['outcome']} {told['new']}"
               + (f" opcode {told['after'][:2]}" if with_code else ""))


class Ways:
    """Each method puts the two units together in its way, and returns the objects."""

    def __init__(self, toolchain, sources, folder):
        self.llvm = toolchain
        self.sources = sources
        self.folder = folder

    def target(self, source, suffix):
        return self.folder / f"{source.stem}{suffix}"

    def plain(self, *flags):
        return [self.llvm.clang_with_pass(source, self.target(source, ".o"), *flags)
                for source in self.sources]

    def bitcode(self, *flags):
        return [self.llvm.clang_with_pass(source, self.target(source, ".bc"), *flags)
                for source in self.sources]

    def unprocessed(self, *flags):
        return [self.llvm.unprocessed(source, self.target(source, ".raw.bc"), *flags)
                for source in self.sources]

    def linked(self, sources):
        return self.llvm.link(sources, self.folder / "linked.bc")

    def processed(self, source, passes):
        return self.llvm.opt(passes, source, source.with_suffix(".processed.bc"))

    def separate_by_opt(self):
        return [self.llvm.llc(self.processed(source, "btfreloc,default<O2>"))
                for source in self.unprocessed()]

    def lto_finished_by_llc(self):
        return [self.llvm.llc(source) for source in self.bitcode("-O2", "-flto")]

    def lto_linked(self):
        return self.llvm.lto(self.bitcode("-O2", "-flto"), self.folder / "lto.o")

    def thin_finished_by_llc(self):
        return [self.llvm.llc(source) for source in self.bitcode("-O2", "-flto=thin")]

    def thin_linked(self):
        return self.llvm.lto(self.bitcode("-O2", "-flto=thin"), self.folder / "thin.o")

    def link_of_optimized(self):
        return [self.llvm.llc(self.linked(self.bitcode("-O2", "-emit-llvm")))]

    def link_then_optimize(self):
        processed = [self.processed(source, "btfreloc") for source in self.unprocessed()]
        return [self.llvm.llc(self.processed(self.linked(processed), "default<O2>"))]

    def link_first(self):
        linked = self.linked(self.unprocessed())
        return [self.llvm.llc(self.processed(linked, "btfreloc,default<O2>"))]

    def units_split(self):
        linked = self.linked(self.unprocessed())
        processed = self.processed(linked, "btfreloc,default<O2>")
        self.llvm.run("llvm-split", "-j2", processed, "-o", self.folder / "split.bc.")
        parts = sorted(self.folder.glob("split.bc.*"))
        return [self.llvm.llc(part.rename(part.with_name(f"part{i}.bc")))
                for i, part in enumerate(parts)]

    def units_in_threads(self):
        summarized = [self.llvm.opt("", source, source.with_suffix(".thin.bc"), "-module-summary")
                      for source in self.unprocessed()]
        return self.llvm.lto(summarized, self.folder / "threads.o",
                             f"-load-pass-plugin={self.llvm.plugin}", "-thinlto-threads=2",
                             "-opt-pipeline=btfreloc,default<O2>")

    def O0_by_clang(self):  # pylint: disable=invalid-name
        return self.plain("-O0")

    def O0_by_opt(self):  # pylint: disable=invalid-name
        return [self.llvm.llc(self.processed(source, "btfreloc,default<O0>"))
                for source in self.unprocessed("-O0")]

    def twice_by_clang_and_opt(self):
        return [self.llvm.llc(self.processed(source, "btfreloc"))
                for source in self.bitcode("-O2", "-emit-llvm")]

    def twice_around_link(self):
        linked = self.linked(self.bitcode("-O2", "-emit-llvm"))
        return [self.llvm.llc(self.processed(linked, "btfreloc,default<O2>"))]


WAYS = ["separate_by_opt", "lto_finished_by_llc", "lto_linked", "thin_finished_by_llc",
        "thin_linked", "link_of_optimized", "link_then_optimize", "link_first", "units_split",
        "units_in_threads", "O0_by_clang", "O0_by_opt", "twice_by_clang_and_opt",
        "twice_around_link"]


def without_file_name(text):
    """Textual IR without the line that names its file."""
    return [line for line in text.splitlines() if not line.startswith("; ModuleID")]


def check_twice_is_once(comparison, ways, where):
    """The second run leaves the text of the module as the first one left it."""
    for source in ways.unprocessed() + [ways.linked(ways.unprocessed())]:
        texts = []
        for passes in ["btfreloc", "btfreloc,btfreloc"]:
            target = source.with_suffix(".ll")
            ways.llvm.opt(passes, source, target, "-S")
            texts.append(without_file_name(target.read_text()))
        once, twice = texts
        changed = [pair for pair in zip(twice, once) if pair[0] != pair[1]][:3]
        comparison.check(changed or len(twice), len(once), f"{where}, twice, {source.name}")


def check_reference(comparison, facts, where):
    """Each access has its records, and the kernel has all the members."""
    programs = {fact.split(":")[0] for fact in facts}
    expected = {line.split("(")[0].split()[-1].lstrip("*") for line in
                "".join(PAIRS[where]).splitlines() if line.startswith("PROGRAM")}
    comparison.check(sorted(programs), sorted(expected), f"{where}: functions with records")
    comparison.check([fact for fact in facts if "poisoned" in fact or "fatal" in fact], [],
                     f"{where}: members that the kernel lacks")


def differences(ours, theirs):
    """What only one of the lists has; a line may be in them several times."""
    extra, missing = list(ours), []
    for line in theirs:
        if line in extra:
            extra.remove(line)
        else:
            missing.append(line)
    return extra, missing


def beginning(error):
    """The command, and what it said first; a crash says much more."""
    return "\n".join(str(error).splitlines()[:2])


def compare_pair(comparison, arguments, toolchain, name, folder):
    sources = []
    for stem, text in zip(["first", "second"], PAIRS[name]):
        sources.append(folder / f"{stem}.c")
        sources[-1].write_text(PREAMBLE + text)

    def facts(objects, with_code):
        return sorted(fact for path in objects
                      for fact in facts_of(arguments.btfreloc, path, with_code))

    try:
        objects = Ways(toolchain, sources, folder).plain("-O2")
        expected = {with_code: facts(objects, with_code) for with_code in (False, True)}
    except RuntimeError as error:
        comparison.check(beginning(error), "objects", f"{name}, compiled separately")
        return
    check_reference(comparison, expected[False], name)
    for way in arguments.only or WAYS:
        scratch = folder / way
        scratch.mkdir()
        where = f"{name}, {way}"
        try:
            objects = getattr(Ways(toolchain, sources, scratch), way)()
            if way.startswith("O0"):
                # Other operations, and fewer or more copies of them.
                found, wanted = (sorted(set(each)) for each in (facts(objects, False),
                                                                expected[False]))
            else:
                found, wanted = facts(objects, True), expected[True]
        except RuntimeError as error:
            comparison.check(beginning(error), "objects", where)
            continue
        extra, missing = differences(found, wanted)
        comparison.check(extra, missing, where)
    try:
        check_twice_is_once(comparison, Ways(toolchain, sources, folder), name)
    except RuntimeError as error:
        comparison.check(beginning(error), "IR", f"{name}, twice")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("--plugin", required=True, help="libBtfRelocPass.so")
    parser.add_argument("--llvm", default="19", metavar="NN", help="that the plugin is built for")
    parser.add_argument("--only", action="append", choices=WAYS)
    arguments = parser.parse_args()
    toolchain = Toolchain(arguments.llvm, arguments.plugin)
    comparison = support.Comparison("ways")
    for name in PAIRS:
        with tempfile.TemporaryDirectory() as folder:
            compare_pair(comparison, arguments, toolchain, name, Path(folder))
    comparison.finish()


if __name__ == "__main__":
    main()
