// Loads an object compiled from one of testdata/rust/*.rs, runs its programs, and compares what
// they did with what the source and user space say.
//
//   rust_programs xdp|panics|types|questions|switched OBJECT
//
// libbpf relocates nothing here: the object has to come without relocations. One line per fact,
// then RESULT. Exit status 0 or 1; 77 when nothing can be loaded here.

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/facts.h"
#include "kernel/opening.h"
#include "kernel/user_space.h"

namespace btfreloc::test {
namespace {

constexpr int kSkipped = 77;

using Btf = std::unique_ptr<::btf, void (*)(::btf*)>;
using Packet = std::vector<std::uint8_t>;

BpfObject load(const std::string& path) {
  BpfObject object = open_relocated(path);
  if (::bpf_object__load(object.get()) != 0) fail("cannot load: {}", libbpf_log());
  return object;
}

template <class Number>
std::string text(Number value) {
  return fmt::to_string(value);
}

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

/// What the program returned.
std::uint32_t run(::bpf_object* object, const char* name, std::span<const std::uint8_t> packet) {
  ::bpf_program* program = ::bpf_object__find_program_by_name(object, name);
  if (program == nullptr) fail("no program {}", name);
  ::bpf_test_run_opts options = {};
  options.sz = sizeof options;
  if (!packet.empty()) {
    options.data_in = packet.data();
    options.data_size_in = static_cast<std::uint32_t>(packet.size());
    options.repeat = 1;
  }
  if (::bpf_prog_test_run_opts(::bpf_program__fd(program), &options) != 0) {
    fail("cannot run {}: {}", name, std::strerror(errno));
  }
  return options.retval;
}

/// The map behind the global variables of a section, or one of the program's own.
::bpf_map* map_of(::bpf_object* object, std::string_view name) {
  ::bpf_map* map = nullptr;
  while ((map = ::bpf_object__next_map(object, map)) != nullptr) {
    if (std::string_view(::bpf_map__name(map)).ends_with(name)) return map;
  }
  fail("no map {}", name);
}

/// The only variable of its section.
template <class Value>
Value read_variable(::bpf_object* object, std::string_view section) {
  ::bpf_map* map = map_of(object, section);
  if (::bpf_map__value_size(map) != sizeof(Value)) {
    fail("{} has {} bytes, not {}", section, ::bpf_map__value_size(map), sizeof(Value));
  }
  Value value = {};
  const std::uint32_t key = 0;
  if (::bpf_map_lookup_elem(::bpf_map__fd(map), &key, &value) != 0) {
    fail("cannot read {}: {}", section, std::strerror(errno));
  }
  return value;
}

template <class Key, class Value>
void write(::bpf_object* object, std::string_view name, const Key& key, const Value& value) {
  if (::bpf_map_update_elem(::bpf_map__fd(map_of(object, name)), &key, &value, BPF_ANY) != 0) {
    fail("cannot write {}: {}", name, std::strerror(errno));
  }
}

// ------------------------------------------------------------------------------------------- xdp

/// As `enum Verdict` of xdp.rs.
enum Outcome : std::uint32_t { kShort, kNotIpv4, kMalformed, kFragment, kDropped, kPassed };
constexpr std::uint32_t kOutcomes = 6;

/// As `struct Seen`.
struct Seen {
  std::uint32_t source, destination_port, options;
  std::int32_t pid, tgid;
  std::uint32_t uid;
};

constexpr std::array<std::uint8_t, 4> kFriend = {192, 0, 2, 7}, kFoe = {198, 51, 100, 9};
constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17;
constexpr std::uint32_t kDrop = 1, kPass = 2;

/// What differs between the packets.
struct Ipv4 {
  std::array<std::uint8_t, 4> source = kFriend;
  std::uint8_t protocol = kUdp;
  std::uint8_t version = 4;
  std::uint8_t words = 5;      ///< Length of the header, in units of 4 bytes.
  std::uint16_t fragment = 0;  ///< Flags and offset.
  std::uint16_t port = 4242;
};

/// Ethernet, IPv4 with its options, eight bytes of UDP.
Packet packet(const Ipv4& ip) {
  Packet bytes(12, 0x02);
  bytes.insert(bytes.end(), {0x08, 0x00});
  Packet header(std::max<std::size_t>(ip.words * 4U, 20), 0x01);  // options: no operation
  header[0] = static_cast<std::uint8_t>(ip.version << 4 | ip.words);
  header[6] = static_cast<std::uint8_t>(ip.fragment >> 8);
  header[7] = static_cast<std::uint8_t>(ip.fragment);
  header[9] = ip.protocol;
  std::copy(ip.source.begin(), ip.source.end(), header.begin() + 12);
  bytes.insert(bytes.end(), header.begin(), header.end());
  const std::uint8_t high = static_cast<std::uint8_t>(ip.port >> 8);
  bytes.insert(bytes.end(), {0, 99, high, static_cast<std::uint8_t>(ip.port), 0, 8, 0, 0});
  return bytes;
}

Packet shortened(Packet bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

Packet ipv6() {
  Packet bytes(14 + 40 + 8, 0x02);
  bytes[12] = 0x86;
  bytes[13] = 0xdd;
  return bytes;
}

std::uint64_t count_of(::bpf_object* object, std::uint32_t verdict) {
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  const int map = ::bpf_map__fd(map_of(object, "counts"));
  if (::bpf_map_lookup_elem(map, &verdict, counts.data()) != 0) fail("cannot read the counts");
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void check_xdp(::bpf_object* object, Verdict& verdict) {
  struct Case {
    const char* name;
    Packet bytes;
    Outcome expected;
    std::uint32_t port = 0, options = 0;
  };
  const std::vector<Case> cases = {
      {"no_ip", shortened(packet({}), 14), kShort},
      {"half_ip", shortened(packet({}), 14 + 19), kShort},
      {"ipv6", ipv6(), kNotIpv4},
      {"version_6", packet({.version = 6}), kMalformed},
      {"header_of_16", packet({.words = 4}), kMalformed},
      {"more_fragments", packet({.fragment = 0x2000}), kFragment},
      {"later_fragment", packet({.fragment = 0x0001}), kFragment},
      {"do_not_fragment", packet({.fragment = 0x4000}), kPassed, 4242},
      {"udp", packet({}), kPassed, 4242},
      {"tcp", packet({.protocol = kTcp, .port = 443}), kPassed, 443},
      {"icmp", packet({.protocol = kIcmp}), kPassed},
      {"options_4", packet({.words = 6}), kPassed, 4242, 4},
      {"options_40", packet({.words = 15}), kPassed, 4242, 40},
      {"no_udp", shortened(packet({}), 14 + 20), kPassed},
      {"half_options", shortened(packet({.words = 15}), 14 + 30), kPassed, 0, 40},
      {"blocked", packet({.source = kFoe}), kDropped, 4242},
      {"blocked_options", packet({.source = kFoe, .words = 7}), kDropped, 4242, 8},
  };
  write(object, "blocked", kFoe, std::uint64_t{0});
  std::array<std::uint64_t, kOutcomes> counts = {};
  for (const Case& one : cases) {
    const std::string name = fmt::format("xdp.{}.", one.name);
    const std::uint32_t returned = run(object, "filter", one.bytes);
    verdict.check(name + "returned", text(returned),
                  text(one.expected == kDropped ? kDrop : kPass));
    ++counts[one.expected];
    for (std::uint32_t i = 0; i < kOutcomes; ++i) {
      if (i != one.expected && count_of(object, i) == counts[i]) continue;
      verdict.check(fmt::format("{}count[{}]", name, i), text(count_of(object, i)),
                    text(counts[i]));
    }
    if (one.expected != kPassed && one.expected != kDropped) continue;
    const auto seen = read_variable<Seen>(object, ".bss");
    verdict.check(name + "port", text(seen.destination_port), text(one.port));
    verdict.check(name + "options", text(seen.options), text(one.options));
  }
  const auto seen = read_variable<Seen>(object, ".bss");
  verdict.check("xdp.source", fmt::format("{:08x}", seen.source), "c6336409");
  verdict.check("xdp.pid", text(seen.pid), text(::gettid()));
  verdict.check("xdp.tgid", text(seen.tgid), text(::getpid()));
  verdict.check("xdp.uid", text(seen.uid), text(::getuid()));
  std::uint64_t hits = 0;
  ::bpf_map_lookup_elem(::bpf_map__fd(map_of(object, "blocked")), kFoe.data(), &hits);
  verdict.check("xdp.hits", text(hits), text(counts[kDropped]));
}

// ---------------------------------------------------------------------------------------- panics

/// As INPUT and RESULTS of panics.rs.
using Input = std::array<std::uint32_t, 5>;
using Results = std::array<std::uint64_t, 7>;

constexpr const char* kPanicking[] = {"index",  "slice",   "divide", "unwrap",
                                      "expect", "message", "add"};

void check_panics(::bpf_object* object, Verdict& verdict) {
  for (const char* name : kPanicking) run(object, name, {});
  const Results expected = {5, 2 + 3 + 5 + 7, 100 / 5, 30 - 12, 30 * 12, 5, 30 + 12};
  const auto found = read_variable<Results>(object, ".bss");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    verdict.check(fmt::format("panics.{}", kPanicking[i]), text(found[i]), text(expected[i]));
  }
  // With these values each of them panics, and ends before it stores anything.
  write(object, ".data", std::uint32_t{0}, Input{8, 0, 9, 1U << 31, (1U << 31) + 1});
  write(object, ".bss", std::uint32_t{0}, Results{1, 2, 3, 4, 5, 6, 7});
  for (const char* name : kPanicking) {
    verdict.check(fmt::format("panics.{}.panicked", name), text(run(object, name, {})), "0");
  }
  const auto left = read_variable<Results>(object, ".bss");
  // `message` panics in a function that it calls: only that one ends, and returns 0.
  const Results untouched = {1, 2, 3, 4, 5, 0, 7};
  for (std::size_t i = 0; i < untouched.size(); ++i) {
    verdict.check(fmt::format("panics.{}.stored", kPanicking[i]), text(left[i]),
                  text(untouched[i]));
  }
}

// ----------------------------------------------------------------------------------------- types

void check_types(::bpf_object* object, Verdict& verdict) {
  // Of 64 bytes, weigh() makes 1 + 2 + 64 and choose() 1 + (2 + 3 + 4) * 200 + 5. The kernel takes
  // the Ethernet header away before the program runs.
  const Packet bytes(14 + 64, 0);
  verdict.check("types.returned", text(run(object, "classify", bytes)), "64");
  verdict.check("types.sum", text(read_variable<std::uint64_t>(object, ".bss")),
                text(1 + 2 + 64 + 1 + (2 + 3 + 4) * 200 + 5));
  // What the kernel took, not what is in the file.
  const Btf btf(::btf__load_from_kernel_by_id([&] {
                  ::bpf_btf_info info = {};
                  std::uint32_t size = sizeof info;
                  ::bpf_obj_get_info_by_fd(::bpf_object__btf_fd(object), &info, &size);
                  return info.id;
                }()),
                &::btf__free);
  if (btf == nullptr) fail("the kernel has no BTF of the object");
  const int everything = ::btf__find_by_name_kind(btf.get(), "Everything", BTF_KIND_STRUCT);
  verdict.check("types.everything", yes_or_no(everything > 0), "yes");
  if (everything <= 0) return;
  const ::btf_type* type = ::btf__type_by_id(btf.get(), static_cast<std::uint32_t>(everything));
  verdict.check("types.is_large", yes_or_no(btf_vlen(type) >= 60), "yes");
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const ::btf_member& member = btf_members(type)[i];
    const char* name = ::btf__name_by_offset(btf.get(), member.name_off);
    verdict.check(fmt::format("types.{}.has_type", name), yes_or_no(member.type != 0), "yes");
  }
}

// ------------------------------------------------------------------------------------- questions

/// A member of one of the kernel's records, at the end of a path through named records.
struct Field {
  std::uint32_t bits = 0;   ///< From the beginning of the record.
  std::uint32_t width = 0;  ///< In bits, of a bitfield; else 0.
  std::int64_t size = 0;    ///< In bytes.
};

class Kernel {
 public:
  Kernel() : btf_(::btf__load_vmlinux_btf(), &::btf__free) {
    if (btf_ == nullptr) fail("the kernel has no BTF");
  }

  std::int32_t id(const char* name, std::uint32_t kind) const {
    return ::btf__find_by_name_kind(btf_.get(), name, kind);
  }

  std::int64_t size(std::int32_t id) const {
    return ::btf__resolve_size(btf_.get(), static_cast<std::uint32_t>(id));
  }

  Field field(const char* record, const std::vector<std::string_view>& path) const {
    std::int32_t at = id(record, BTF_KIND_STRUCT);
    Field found;
    for (const std::string_view name : path) {
      const ::btf_type* type = ::btf__type_by_id(btf_.get(), static_cast<std::uint32_t>(at));
      bool is_there = false;
      for (std::uint32_t i = 0; type != nullptr && i < btf_vlen(type) && !is_there; ++i) {
        const ::btf_member& member = btf_members(type)[i];
        if (name != ::btf__name_by_offset(btf_.get(), member.name_off)) continue;
        is_there = true;
        found.bits += ::btf_member_bit_offset(type, i);
        found.width = ::btf_member_bitfield_size(type, i);
        at = static_cast<std::int32_t>(member.type);
        found.size = size(at);
      }
      if (!is_there) fail("the kernel's {} has no {}", record, name);
    }
    return found;
  }

  std::uint64_t enumerator(const char* type_name, std::string_view name) const {
    const auto type_id = static_cast<std::uint32_t>(id(type_name, BTF_KIND_ENUM));
    const ::btf_type* type = ::btf__type_by_id(btf_.get(), type_id);
    for (std::uint32_t i = 0; type != nullptr && i < btf_vlen(type); ++i) {
      const struct ::btf_enum& one = ::btf_enum(type)[i];
      if (name == ::btf__name_by_offset(btf_.get(), one.name_off)) {
        return static_cast<std::uint32_t>(one.val);
      }
    }
    fail("the kernel's {} has no {}", type_name, name);
  }

 private:
  Btf btf_;
};

void check_questions(::bpf_object* object, Verdict& verdict) {
  run(object, "ask", {});
  const Kernel kernel;
  const Field comm = kernel.field("task_struct", {"comm"}),
              weight = kernel.field("task_struct", {"se", "load", "weight"}),
              pid = kernel.field("task_struct", {"pid"}),
              nodename = kernel.field("new_utsname", {"nodename"}),
              reset = kernel.field("task_struct", {"sched_reset_on_fork"});
  // The unit that holds it is as large as the type it is declared with.
  const std::uint64_t unit_bits = static_cast<std::uint64_t>(reset.size) * 8,
                      end = reset.bits % unit_bits + reset.width;
  using Answer = std::pair<const char*, std::uint64_t>;
  const std::vector<Answer> expected = {
      {"field_exists", 1},
      {"field_exists.not", 0},
      {"field_size", comm.size},
      {"field_size.nested", weight.size},
      {"field_offset", pid.bits / 8},
      {"field_offset.nested", weight.bits / 8},
      {"field_offset.marked", nodename.bits / 8},
      {"field_signed", 1},
      {"field_signed.not", 0},
      {"field_left_shift", 64 - end},
      {"field_right_shift", 64 - reset.width},
      {"type_exists", 1},
      {"type_exists.not", 0},
      {"type_exists.enum", 1},
      {"type_exists.enum_not", 0},
      {"type_size", kernel.size(kernel.id("task_struct", BTF_KIND_STRUCT))},
      {"type_size.union", kernel.size(kernel.id("bpf_attr", BTF_KIND_UNION))},
      {"type_matches", 1},
      {"type_matches.not", 0},
      {"type_id_local", 1},
      {"type_id_target", kernel.id("list_head", BTF_KIND_STRUCT)},
      {"enum_value", kernel.enumerator("bpf_map_type", "BPF_MAP_TYPE_HASH")},
      {"enum_exists", 1},
      {"enum_exists.not", 0},
  };
  const auto found = read_variable<std::array<std::uint64_t, 24>>(object, ".bss");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    verdict.check(fmt::format("questions.{}", expected[i].first), text(found[i]),
                  text(expected[i].second));
  }
}

// -------------------------------------------------------------------------------------- switched

/// As `struct Switched` of switched.rs.
struct Switched {
  std::int32_t wanted;
  std::uint32_t times;
  std::int32_t pid, tgid, parent_tgid;
  std::array<char, 16> comm;
};

/// Waits until the scheduler has come back to this thread, a second at most.
Switched wait_for_switch(::bpf_object* object) {
  constexpr int kMostRounds = 1000;
  constexpr ::useconds_t kRound = 1000;  // microseconds
  for (int round = 0; round < kMostRounds; ++round) {
    ::usleep(kRound);
    const auto seen = read_variable<Switched>(object, ".data");
    if (seen.times != 0) return seen;
  }
  fail("the program has not seen this thread being switched to");
}

void check_switched(::bpf_object* object, Verdict& verdict) {
  Switched switched = {};
  switched.wanted = static_cast<std::int32_t>(::gettid());
  write(object, ".data", std::uint32_t{0}, switched);
  ::bpf_program* program = ::bpf_object__find_program_by_name(object, "on_switch");
  if (program == nullptr) fail("no program on_switch");
  const std::unique_ptr<::bpf_link, int (*)(::bpf_link*)> link(::bpf_program__attach(program),
                                                               &::bpf_link__destroy);
  if (link == nullptr) fail("cannot attach: {}", std::strerror(errno));
  const Switched seen = wait_for_switch(object);
  verdict.check("switched.pid", text(seen.pid), text(::gettid()));
  verdict.check("switched.tgid", text(seen.tgid), text(::getpid()));
  verdict.check("switched.parent", text(seen.parent_tgid), text(::getppid()));
  verdict.check("switched.comm", std::string(seen.comm.data()),
                std::string(program_invocation_short_name).substr(0, 15));
}

const std::map<std::string_view, std::function<void(::bpf_object*, Verdict&)>> kChecks = {
    {"xdp", check_xdp},           {"panics", check_panics},
    {"types", check_types},       {"questions", check_questions},
    {"switched", check_switched},
};

int run_checks(std::string_view what, const std::string& path) {
  if (const std::string reason = reason_to_skip(); !reason.empty()) {
    fmt::print("skipped: {}\n", reason);
    return kSkipped;
  }
  const BpfObject object = load(path);
  Verdict verdict;
  // The kernel refuses names that C does not have; libbpf then goes on without any BTF.
  verdict.check("btf.accepted", yes_or_no(::bpf_object__btf_fd(object.get()) >= 0), "yes");
  kChecks.at(what)(object.get(), verdict);
  return verdict.finish();
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  using namespace btfreloc::test;
  if (argc != 3 || !kChecks.contains(argv[1])) {
    fmt::print(stderr, "usage: rust_programs xdp|panics|types|questions|switched OBJECT\n");
    return 2;
  }
  try {
    return run_checks(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print("RESULT FAIL {}\n", error.what());
    return 1;
  }
}
