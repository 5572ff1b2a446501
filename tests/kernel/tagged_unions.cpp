// Tagged unions in BTF, for readers that are not ours:
//
//   tagged_unions load COUNT [SEED]       the running kernel takes every case of the document, and
//                                         COUNT blobs of random ones
//   tagged_unions write FILE [--no-tags]  writes every case of the document

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "btf/tagged_union.h"
#include "support/choices.h"
#include "support/errors.h"
#include "support/tagged_unions.h"

namespace btfreloc::test {
namespace {

constexpr int kSkipped = 77;
constexpr std::size_t kBytesPerBlob = 400;
constexpr std::size_t kUnionsPerBlob = 6;

/// What the kernel says about BTF; "" when it takes it.
std::string complaint_about(Bytes blob) {
  std::string log(1 << 20, '\0');
  bpf_attr attr = {};
  attr.btf = reinterpret_cast<std::uintptr_t>(blob.data());
  attr.btf_size = static_cast<std::uint32_t>(blob.size());
  attr.btf_log_buf = reinterpret_cast<std::uintptr_t>(log.data());
  attr.btf_log_size = static_cast<std::uint32_t>(log.size());
  attr.btf_log_level = 1;
  const long fd = ::syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof attr);
  if (fd >= 0) {
    ::close(static_cast<int>(fd));
    return "";
  }
  return fmt::format("{}\n{}", std::strerror(errno), log.c_str());
}

/// Why the kernel takes no BTF at all; "" when it does.
std::string reason_to_skip() {
  btf::Builder builder;
  PartMaker(builder).integer(4, false);
  const std::string complaint = complaint_about(must(builder.blob()));
  return complaint.empty() ? "" : "BPF_BTF_LOAD: " + complaint.substr(0, complaint.find('\n'));
}

std::vector<std::byte> every_case(const btf::EncodeOptions& options) {
  btf::Builder builder;
  for (const TaggedUnion& type : every_tagged_union(builder, options)) {
    btf::add_tagged_union(builder, type, options);
  }
  return must(builder.blob());
}

std::vector<std::byte> random_case(std::mt19937& random, const btf::EncodeOptions& options) {
  std::vector<std::uint8_t> bytes(kBytesPerBlob);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  Choices choices(bytes);
  btf::Builder builder;
  TaggedUnionMaker maker(builder, choices);
  for (std::size_t i = 0; i < kUnionsPerBlob; ++i) {
    const TaggedUnion type = maker.make();
    maker.added(btf::add_tagged_union(builder, type, options), type.size);
  }
  return must(builder.blob());
}

int load(unsigned count, unsigned seed) {
  if (const std::string reason = reason_to_skip(); !reason.empty()) {
    fmt::print("skipped: {}\n", reason);
    return kSkipped;
  }
  std::mt19937 random(seed);
  unsigned refused = 0;
  const auto check = [&](Bytes blob, const std::string& what) {
    const std::string complaint = complaint_about(blob);
    if (complaint.empty()) return;
    ++refused;
    fmt::print("FAIL {}: {}\n", what, complaint);
  };
  for (const bool tags : {true, false}) {
    const btf::EncodeOptions options = {.tags = tags, .names = nullptr};
    check(every_case(options), "the document's cases");
    for (unsigned i = 0; i < count; ++i) {
      check(random_case(random, options), fmt::format("random blob {} of seed {}", i, seed));
    }
  }
  fmt::print("{} blobs, {} refused\n", 2 * (count + 1), refused);
  return refused == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int write(const char* path, bool tags) {
  const auto blob = every_case({.tags = tags, .names = nullptr});
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(blob.data()), static_cast<std::streamsize>(blob.size()));
  file.close();
  return file ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  using namespace btfreloc::test;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "load") {
    const unsigned seed = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1;
    return load(static_cast<unsigned>(std::atoi(argv[2])), seed);
  }
  if (arguments.size() >= 2 && arguments[0] == "write") {
    return write(argv[2], !(arguments.size() > 2 && arguments[2] == "--no-tags"));
  }
  fmt::print(stderr, "usage: tagged_unions load COUNT [SEED] | write FILE [--no-tags]\n");
  return 2;
}
