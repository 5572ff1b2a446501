// Asks the running kernel about thousands of blobs, and validate() about the same: hand-made ones
// for every rule, and mutants of real ones.
//
//   validate_kernel [--mutants N] [--seed S] [OBJECT|BTF...]
//
// Prints every disagreement: the mutation, the kernel's log, our findings. Exit status 0 or 1; 77
// when nothing can be loaded here.

#include <fmt/core.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "btf/validate.h"
#include "btf/view.h"
#include "kernel/validate/btf_load.h"
#include "kernel/validate/mutants.h"
#include "support/btf_cases.h"

namespace btfreloc::test {
namespace {

constexpr int kSkipped = 77;
constexpr int kMostShown = 20;

class Comparison {
 public:
  Comparison(btf::KernelVersion kernel, const btf::View* types) {
    options_.kernel = kernel;
    options_.kernel_types = types;
    options_.order = std::endian::native;
    options_.pointer_size = ByteCount{sizeof(void*)};
  }

  /// True when the kernel takes it.
  bool compare(const std::string& what, Bytes blob) {
    const btf::Validation ours = btf::validate(blob, options_);
    const LoadAnswer kernels = load_btf(blob);
    ++asked;
    accepted += kernels.error == 0 ? 1 : 0;
    if (ours.valid() != (kernels.error == 0)) show(what, blob, ours);
    return kernels.error == 0;
  }

  int asked = 0;
  int accepted = 0;
  int disagreed = 0;

 private:
  void show(const std::string& what, Bytes blob, const btf::Validation& ours) {
    if (++disagreed > kMostShown) return;
    const LoadAnswer again = load_btf(blob, /*with_log=*/true);
    fmt::print("DISAGREE {}: the kernel says {}, we find {}\n", what,
               again.error == 0 ? "yes" : std::strerror(again.error), ours.count());
    for (const btf::Violation& violation : ours.violations) {
      fmt::print("    ours: {} [{}] {} at {:#x}: {}\n", btf::traits(violation.rule).code,
                 violation.type.value_or(TypeId{0}).value, violation.kind, violation.offset,
                 violation.message);
    }
    const std::string_view log = again.log;
    fmt::print("    kernel: {}\n", log.substr(log.size() < 400 ? 0 : log.size() - 400));
  }

  btf::ValidateOptions options_;
};

int compare_all(std::size_t mutants, std::uint64_t seed, const std::vector<std::string>& files) {
  utsname names{};
  ::uname(&names);
  const auto kernel = btf::parse_kernel_version(names.release);
  if (!kernel || !can_load_btf()) {
    fmt::print("SKIP: no BTF can be loaded here\n");
    return kSkipped;
  }
  const auto file = MappedFile::open("/sys/kernel/btf/vmlinux");
  const auto types = btf::View::open(file ? file->bytes() : Bytes());
  Comparison comparison(*kernel, types ? &*types : nullptr);
  for (const BtfCase& of : btf_cases()) comparison.compare(of.name, of.blob);
  fmt::print("{} hand-made blobs, {} of them accepted\n", comparison.asked, comparison.accepted);

  std::vector<Parent> parents = parents_from(files);
  for (BtfCase& of : btf_cases()) {
    constexpr std::size_t kSmall = 1 << 16;
    if (!of.rule && of.blob.size() < kSmall && btf::View::open(of.blob)) {
      parents.push_back(parent_of(std::move(of.name), std::move(of.blob)));
    }
  }
  std::erase_if(
      parents, [&](const Parent& parent) { return !comparison.compare(parent.name, parent.blob); });
  fmt::print("{} blobs to make mutants of\n", parents.size());
  const int before = comparison.asked;
  const int accepted_before = comparison.accepted;
  Mutator mutator(seed);
  for (std::size_t i = 0; i < mutants; ++i) {
    const Mutant mutant = mutator.mutate(parents[i % parents.size()]);
    comparison.compare(mutant.description, mutant.blob);
  }
  fmt::print("{} mutants, {} of them accepted\n", comparison.asked - before,
             comparison.accepted - accepted_before);
  fmt::print("Linux {}: {} blobs, {} disagreements\n", names.release, comparison.asked,
             comparison.disagreed);
  return comparison.disagreed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  std::size_t mutants = 5000;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (word == "--mutants" && i + 1 < argc)
      mutants = std::strtoul(argv[++i], nullptr, 10);
    else if (word == "--seed" && i + 1 < argc)
      seed = std::strtoul(argv[++i], nullptr, 10);
    else
      files.emplace_back(word);
  }
  return btfreloc::test::compare_all(mutants, seed, files);
}
