// Loads an object compiled from testdata/pass/wrong_layout.bpf.c or .cpp, runs its programs in this
// process, and compares what they read with what user space knows.
//
//   wrong_layouts relocated OBJECT   all of it has to be right
//   wrong_layouts as-written OBJECT  the object has the offsets of its source: nothing is right
//
// libbpf relocates nothing here: the object has to come without relocations. One line per fact,
// then RESULT. Exit status 0 or 1; 77 when nothing can be loaded here.

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <future>
#include <iterator>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/facts.h"
#include "kernel/opening.h"
#include "kernel/user_space.h"
#include "pass/wrong_layout.h"

namespace btfreloc::test {
namespace {

constexpr int kSkipped = 77;

/// The map behind the global variable `values`, which is alone in its section.
int values_map(::bpf_object* object) {
  ::bpf_map* map = nullptr;
  while ((map = ::bpf_object__next_map(object, map)) != nullptr) {
    if (std::string_view(::bpf_map__name(map)).ends_with(".bss") &&
        ::bpf_map__value_size(map) == sizeof(wrong_layouts)) {
      return ::bpf_map__fd(map);
    }
  }
  fail("no map of the size of the values");
}

/// Only these programs are loaded.
wrong_layouts run(::bpf_object* object, const std::vector<std::string_view>& programs) {
  ::bpf_program* program = nullptr;
  while ((program = ::bpf_object__next_program(object, program)) != nullptr) {
    const std::string_view name = ::bpf_program__name(program);
    ::bpf_program__set_autoload(program, std::ranges::find(programs, name) != programs.end());
  }
  if (::bpf_object__load(object) != 0) fail("cannot load: {}", libbpf_log());
  for (const std::string_view name : programs) {
    program = ::bpf_object__find_program_by_name(object, name.data());
    if (program == nullptr) fail("no program {}", name);
    ::bpf_test_run_opts options = {};
    options.sz = sizeof options;
    if (::bpf_prog_test_run_opts(::bpf_program__fd(program), &options) != 0) {
      fail("cannot run {}: {}", name, std::strerror(errno));
    }
  }
  wrong_layouts values = {};
  const std::uint32_t key = 0;
  if (::bpf_map_lookup_elem(values_map(object), &key, &values) != 0) {
    fail("cannot read the map: {}", std::strerror(errno));
  }
  return values;
}

/// The kernel refuses names that C does not have; libbpf then goes on without any BTF.
bool has_btf_in_kernel(::bpf_object* object) { return ::bpf_object__btf_fd(object) >= 0; }

template <class Number>
Fact fact(const char* name, Number value) {
  return {name, fmt::to_string(value)};
}

std::string text(const char* characters, std::size_t size) {
  return {characters, ::strnlen(characters, size)};
}

std::vector<Fact> facts_of(const wrong_layout_values& values) {
  return {
      fact("pid", values.pid),
      fact("tgid", values.tgid),
      fact("parent_tgid", values.parent_tgid),
      fact("leader_pid", values.leader_pid),
      {"comm", text(values.comm, sizeof values.comm)},
      fact("fsuid", values.fsuid),
      // User space is told in clock ticks of 10 milliseconds.
      fact("start_boottime", values.start_boottime / 10'000'000),
      fact("timer_slack", values.timer_slack),
      fact("blocked_signals", values.blocked_signals),
      fact("policy", values.policy),
      fact("personality", values.personality),
      fact("static_prio", values.static_prio),
      fact("arg_start", values.arg_start),
      fact("oom_score_adj", values.oom_score_adj),
      fact("stack_limit", values.stack_limit),
      fact("uts_ns", values.uts_ns),
      {"nodename", text(values.nodename, sizeof values.nodename)},
  };
}

std::vector<Fact> facts_of(const wrong_layout_bits& bits) {
  return {
      fact("reset_on_fork", bits.reset_on_fork),
      fact("in_execve", bits.in_execve),
      fact("child_subreaper", bits.child_subreaper),
  };
}

std::vector<Fact> facts_of(std::span<const __u32> ancestors) {
  std::vector<Fact> facts;
  for (const __u32 tgid : ancestors) facts.push_back(fact("ancestor", tgid));
  return facts;
}

/// The parent of a process as /proc tells; 0 for pid 1, and for 0 itself.
__u32 parent_of(__u32 process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  const std::string line(std::istreambuf_iterator<char>(file), {});
  if (process == 0 || line.empty()) return 0;
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  char state = 0;
  __u32 parent = 0;
  rest >> state >> parent;
  return parent;
}

wrong_layouts according_to_user_space() {
  const task_values task = own_task();
  wrong_layouts expected = {};
  wrong_layout_values& values = expected.probed;
  values.start_boottime = task.start_boottime * 10'000'000;
  values.timer_slack = task.timer_slack;
  values.blocked_signals = task.blocked_signals;
  values.arg_start = task.arg_start;
  values.stack_limit = task.stack_limit;
  values.pid = task.pid;
  values.tgid = task.tgid;
  values.parent_tgid = task.parent_tgid;
  values.leader_pid = task.leader_pid;
  values.fsuid = task.fsuid;
  values.policy = task.policy;
  values.personality = static_cast<__u32>(task.personality);
  values.static_prio = task.static_prio;
  values.oom_score_adj = task.oom_score_adj;
  values.uts_ns = task.uts_ns;
  std::memcpy(values.comm, task.comm, sizeof values.comm);
  utsname names = {};
  ::uname(&names);
  std::memcpy(values.nodename, names.nodename, sizeof values.nodename);
  expected.direct = values;

  expected.bits = {
      .reset_on_fork = task.reset_on_fork, .in_execve = 0, .child_subreaper = task.child_subreaper};
  __u32 process = task.tgid;
  for (__u32& ancestor : expected.ancestors) {
    ancestor = process;
    process = parent_of(process);
  }
  return expected;
}

int check_relocated(::bpf_object* object) {
  Verdict verdict;
  const wrong_layouts found = run(object, {"probed", "direct", "bits", "ancestry"});
  const wrong_layouts expected = according_to_user_space();
  verdict.check("btf.accepted", has_btf_in_kernel(object) ? "yes" : "no", "yes");
  verdict.check("ids.differ", expected.probed.pid != expected.probed.tgid ? "yes" : "no", "yes");
  verdict.check("probed", facts_of(found.probed), facts_of(expected.probed));
  verdict.check("direct", facts_of(found.direct), facts_of(expected.direct));
  verdict.check("bits", facts_of(found.bits), facts_of(expected.bits));
  verdict.check("ancestry", facts_of(found.ancestors), facts_of(expected.ancestors));
  return verdict.finish();
}

/// A value that is zero may be read anywhere, so that it proves nothing.
int check_as_written(::bpf_object* object) {
  Verdict verdict;
  const std::vector<Fact> found = facts_of(run(object, {"probed"}).probed);
  const std::vector<Fact> expected = facts_of(according_to_user_space().probed);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [name, value] = expected[i];
    if (value == "0" || value.empty()) continue;
    verdict.check(fmt::format("{}.is_right", name), found[i].second == value ? "yes" : "no", "no");
  }
  return verdict.finish();
}

int run(const std::string& what, const std::string& path) {
  if (const std::string reason = reason_to_skip(); !reason.empty()) {
    fmt::print("skipped: {}\n", reason);
    return kSkipped;
  }
  const BpfObject object = open_relocated(path);
  const auto check = what == "relocated" ? check_relocated : check_as_written;
  // In a thread of its own, whose pid and tgid differ.
  return std::async(std::launch::async,
                    [&] {
                      become_conspicuous();
                      return check(object.get());
                    })
      .get();
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what != "relocated" && what != "as-written") {
    fmt::print(stderr, "usage: wrong_layouts relocated|as-written OBJECT\n");
    return 2;
  }
  try {
    return btfreloc::test::run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print("RESULT FAIL {}\n", error.what());
    return 1;
  }
}
