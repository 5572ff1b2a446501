// Objects as libbpf opens them: programs, maps, and the types that section names stand for.

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/object.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

using Handle = std::unique_ptr<bpf_object, void (*)(bpf_object*)>;

/// Null for the few that libbpf 1.1 refuses; see testdata/README.md.
Handle open_with_libbpf(const std::string& path) {
  libbpf_set_print(nullptr);
  return {bpf_object__open_file(path.c_str(), nullptr), &bpf_object__close};
}

/// The objects that libbpf can open: those of the host's byte order.
std::vector<std::string> paths() {
  const bool is_little = std::endian::native == std::endian::little;
  auto paths = test::test_objects(is_little ? ".bpfel.o" : ".bpfeb.o");
  std::ranges::copy(test::corpus_objects(), std::back_inserter(paths));
  return paths;
}

// Programs.

TEST(Programs, AreThoseOfLibbpf) {
  int programs = 0;
  for (const std::string& path : paths()) {
    const Handle theirs = open_with_libbpf(path);
    const auto open = test::open_object(path);
    if (theirs == nullptr || open.object.parts().size() > 1) continue;
    std::map<std::string, const Program*, std::less<>> ours;
    for (const Program& program : open.object.programs()) {
      if (!program.is_subprogram) ours.emplace(program.name, &program);
    }
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, theirs.get()) {
      const std::string name = bpf_program__name(program);
      SCOPED_TRACE(path + " " + name);
      const auto found = ours.find(name);
      ASSERT_NE(found, ours.end());
      const Program& same = *found->second;
      // There the '?' is no part of the name.
      EXPECT_EQ(same.section.substr(same.section.starts_with('?') ? 1 : 0),
                std::string_view(bpf_program__section_name(program)));
      EXPECT_EQ(same.insn_count(), bpf_program__insn_cnt(program));
      EXPECT_EQ(same.type.autoload, bpf_program__autoload(program));
      // 0 where libbpf 1.1 does not know the section name.
      const bpf_prog_type type = bpf_program__type(program);
      if (type != BPF_PROG_TYPE_UNSPEC) {
        EXPECT_EQ(same.type.type, libbpf_bpf_prog_type_str(type));
      }
      ours.erase(found);
      ++programs;
    }
    EXPECT_TRUE(ours.empty()) << path << " " << (ours.empty() ? "" : ours.begin()->first);
  }
  EXPECT_GT(programs, 100);
}

/// Names that libbpf 1.1 knows, with and without something behind them.
TEST(SectionType, IsThatOfLibbpf) {
  libbpf_set_print(nullptr);
  int known = 0;
  for (const char* name : {"socket",
                           "sk_reuseport",
                           "sk_reuseport/migrate",
                           "kprobe",
                           "uprobe",
                           "uprobe.s",
                           "kretprobe",
                           "uretprobe",
                           "uretprobe.s",
                           "kprobe.multi",
                           "kretprobe.multi",
                           "ksyscall",
                           "kretsyscall",
                           "usdt",
                           "tc",
                           "classifier",
                           "action",
                           "tracepoint",
                           "tp",
                           "raw_tracepoint",
                           "raw_tp",
                           "raw_tracepoint.w",
                           "raw_tp.w",
                           "tp_btf",
                           "fentry",
                           "fmod_ret",
                           "fexit",
                           "fentry.s",
                           "fmod_ret.s",
                           "fexit.s",
                           "freplace",
                           "lsm",
                           "lsm.s",
                           "lsm_cgroup",
                           "iter",
                           "iter.s",
                           "syscall",
                           "xdp.frags/devmap",
                           "xdp/devmap",
                           "xdp.frags/cpumap",
                           "xdp/cpumap",
                           "xdp.frags",
                           "xdp",
                           "perf_event",
                           "lwt_in",
                           "lwt_out",
                           "lwt_xmit",
                           "lwt_seg6local",
                           "sockops",
                           "sk_skb/stream_parser",
                           "sk_skb/stream_verdict",
                           "sk_skb",
                           "sk_msg",
                           "lirc_mode2",
                           "flow_dissector",
                           "cgroup_skb/ingress",
                           "cgroup_skb/egress",
                           "cgroup/skb",
                           "cgroup/sock_create",
                           "cgroup/sock_release",
                           "cgroup/sock",
                           "cgroup/post_bind4",
                           "cgroup/post_bind6",
                           "cgroup/bind4",
                           "cgroup/bind6",
                           "cgroup/connect4",
                           "cgroup/connect6",
                           "cgroup/sendmsg4",
                           "cgroup/sendmsg6",
                           "cgroup/recvmsg4",
                           "cgroup/recvmsg6",
                           "cgroup/getpeername4",
                           "cgroup/getpeername6",
                           "cgroup/getsockname4",
                           "cgroup/getsockname6",
                           "cgroup/sysctl",
                           "cgroup/getsockopt",
                           "cgroup/setsockopt",
                           "cgroup/dev",
                           "struct_ops",
                           "sk_lookup",
                           "made_up",
                           "xdpx",
                           "kprobe.x",
                           "cgroup"}) {
    for (const std::string suffix : {"", "/", "/x", "/a/b", "x"}) {
      const std::string section = name + suffix;
      bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
      bpf_attach_type attach{};
      if (libbpf_prog_type_by_name(section.c_str(), &type, &attach) != 0) continue;
      EXPECT_EQ(section_type(section).type, libbpf_bpf_prog_type_str(type)) << section;
      ++known;
    }
  }
  EXPECT_GT(known, 120);
}

// Maps.

TEST(Maps, AreThoseOfLibbpf) {
  int maps = 0;
  for (const std::string& path : paths()) {
    const Handle theirs = open_with_libbpf(path);
    const auto open = test::open_object(path);
    if (theirs == nullptr || open.object.parts().size() > 1) continue;
    bpf_map* map = nullptr;
    std::size_t defined = 0;
    bpf_object__for_each_map(map, theirs.get()) {
      const std::string_view name = bpf_map__name(map);
      SCOPED_TRACE(path + " " + std::string(name));
      // Variables are named after the file there, and .kconfig is a map only there.
      if (name.find('.') != std::string_view::npos) continue;
      ++defined;
      const auto ours = std::ranges::find(open.object.maps(), name, &Map::name);
      ASSERT_NE(ours, open.object.maps().end());
      EXPECT_EQ(ours->type, static_cast<std::uint32_t>(bpf_map__type(map)));
      EXPECT_EQ(map_type_name(ours->type), libbpf_bpf_map_type_str(bpf_map__type(map)));
      EXPECT_EQ(ours->key_size.value, bpf_map__key_size(map));
      // For maps of maps and programs libbpf fills in 4, the size of an id.
      if (ours->value_size.value != 0) {
        EXPECT_EQ(ours->value_size.value, bpf_map__value_size(map));
      }
      EXPECT_EQ(ours->max_entries, bpf_map__max_entries(map));
      EXPECT_EQ(ours->flags, bpf_map__map_flags(map));
      EXPECT_EQ(ours->extra, bpf_map__map_extra(map));
      EXPECT_EQ(ours->pinned_by_name, bpf_map__pin_path(map) != nullptr);
      EXPECT_EQ(ours->key_type ? ours->key_type->value : 0, bpf_map__btf_key_type_id(map));
      bpf_map* inner = bpf_map__inner_map(map);
      EXPECT_EQ(ours->inner_type.value_or(0),
                inner == nullptr ? 0 : static_cast<std::uint32_t>(bpf_map__type(inner)));
      ++maps;
    }
    EXPECT_EQ(defined, static_cast<std::size_t>(std::ranges::count_if(
                           open.object.maps(),
                           [](const Map& m) { return m.origin != MapOrigin::variables; })))
        << path;
  }
  EXPECT_GT(maps, 15);
}

TEST(MapTypeName, IsThatOfLibbpf) {
  int known = 0;
  for (int type = 0; type < 64; ++type) {
    const char* name = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(type));
    if (name == nullptr) continue;
    EXPECT_EQ(map_type_name(static_cast<std::uint32_t>(type)), name);
    ++known;
  }
  EXPECT_GT(known, 30);
}

}  // namespace
}  // namespace btfreloc::object
