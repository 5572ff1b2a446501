// Relocates testdata/objects/kernel_values.bpfel.o for a kernel with our library, loads it, runs
// its programs in this process, and compares what they read with what user space knows.
//
//   kernel_values OBJECT [BTF]     BTF of the running kernel; /sys/kernel/btf/vmlinux if absent
//
// One line per fact, then RESULT. Exit status 0 or 1; 77 when nothing can be loaded here.

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <future>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/mapped_file.h"
#include "btf/view.h"
#include "core/patch.h"
#include "core/target.h"
#include "insn/opcode.h"
#include "kernel/facts.h"
#include "kernel/kernel_types.h"
#include "kernel/loading.h"
#include "kernel/user_space.h"
#include "kernel/values.h"
#include "object/object.h"

namespace btfreloc::test {
namespace {

constexpr int kSkipped = 77;

template <class T>
T must(Result<T>&& result, const std::string& what) {
  if (!result) throw std::runtime_error(what + ": " + result.error().message);
  return *std::move(result);
}

std::string yes_or_no(bool answer) { return answer ? "yes" : "no"; }

/// How relocations came out, and that each class of instruction that carries one was patched.
void check_decisions(Verdict& verdict, const Relocated& relocated) {
  static constexpr std::array kClasses = {insn::Class::kLd, insn::Class::kLdx, insn::Class::kSt,
                                          insn::Class::kStx, insn::Class::kAlu64};
  static constexpr std::array kClassNames = {"LDIMM64", "LDX", "ST", "STX", "ALU64"};
  std::map<core::Outcome, unsigned> outcomes;
  std::map<insn::Class, unsigned> changed;
  for (const core::Decision& decision : relocated.decisions) {
    ++outcomes[decision.outcome];
    if (decision.outcome == core::Outcome::patched && decision.before != decision.after) {
      ++changed[insn::class_of(decision.before.first.opcode)];
    }
  }
  verdict.check("relocations.fatal", std::to_string(outcomes[core::Outcome::fatal]), "0");
  verdict.check("relocations.poisoned", yes_or_no(outcomes[core::Outcome::poisoned] > 0), "yes");
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    verdict.check(fmt::format("relocations.changed_{}", kClassNames[i]),
                  yes_or_no(changed[kClasses[i]] > 0), "yes");
  }
  verdict.check("relocations.left", yes_or_no(has_relocations(relocated.file)), "no");
}

/// A record whose bytes are all different, so that what is not stored to is seen to stay.
kernel_values values_before() {
  kernel_values values = {};
  unsigned byte = 11;
  for (auto& each : values.private_module.record) {
    each = static_cast<std::uint8_t>(byte);
    byte += 37;
  }
  return values;
}

class Test {
 public:
  Test(const std::string& object_path, const std::string& btf_path)
      : object_path_(object_path),
        file_(must(MappedFile::open(object_path), object_path)),
        object_(must(object::Object::open(file_.bytes()), object_path)),
        kernel_file_(must(MappedFile::open(btf_path), btf_path)),
        kernel_(must(btf::View::open(kernel_file_.bytes()), btf_path)),
        libbpf_kernel_(libbpf_btf(kernel_file_.bytes())),
        module_bytes_(private_module(libbpf_kernel_.get())),
        module_(must(btf::View::open(module_bytes_, &kernel_), "private module")) {}

  /// The programs read the thread that calls this.
  int run() {
    become_conspicuous();
    check_running_kernel();
    check_doctored_kernel();
    return verdict_.finish();
  }

 private:
  Relocated relocated_for(const btf::View& kernel, const btf::View& module_btf) {
    const std::array modules = {core::Module{.name = "btfreloc_private", .btf = &module_btf}};
    const core::Target target = {.kernel = kernel,
                                 .modules = [&]() -> Result<std::span<const core::Module>> {
                                   return std::span<const core::Module>(modules);
                                 }};
    return relocate(object_, file_.bytes(), target);
  }

  void check_running_kernel() {
    const Relocated relocated = relocated_for(kernel_, module_);
    check_decisions(verdict_, relocated);

    static constexpr std::array kPrograms = {"probed", "direct", "types", "private_record"};
    const kernel_values before = values_before();
    const kernel_values found = run_programs(relocated.file, kPrograms, before);
    const auto expected = facts_of(own_task());
    verdict_.check("probed", facts_of(in_ticks(found.probed)), expected);
    verdict_.check("direct", facts_of(in_ticks(found.direct)), expected);
    verdict_.check("probed.release", found.release, kernel_release());
    verdict_.check("types", facts_of(found.types),
                   facts_of(types_according_to_libbpf(libbpf_kernel_.get(), object_path_)));
    verdict_.check("private", facts_of(found.private_module),
                   facts_of(expected_private_values(before.private_module)));

    const std::string complaint = complaint_about(relocated.file, "reaches_poison");
    verdict_.check("poison.refused",
                   yes_or_no(complaint.contains(std::to_string(core::kPoisonImmediate))), "yes");
  }

  /// With a BTF that lies, the programs read what the lie makes them read: it is us who decide, not
  /// the loader and not the compiler.
  void check_doctored_kernel() {
    const std::vector<std::byte> bytes = with_pid_and_tgid_swapped(kernel_file_.bytes());
    const btf::View kernel = must(btf::View::open(bytes), "doctored BTF");
    const btf::View module_btf = must(btf::View::open(module_bytes_, &kernel), "private module");

    static constexpr std::array kPrograms = {"probed", "direct"};
    const kernel_values found =
        run_programs(relocated_for(kernel, module_btf).file, kPrograms, values_before());
    task_values expected = own_task();
    verdict_.check("swapped.ids_differ", yes_or_no(expected.pid != expected.tgid), "yes");
    std::swap(expected.pid, expected.tgid);
    for (const auto& [name, task] : {std::pair("probed", found.probed), {"direct", found.direct}}) {
      verdict_.check(fmt::format("swapped.{}.pid", name), std::to_string(task.pid),
                     std::to_string(expected.pid));
      verdict_.check(fmt::format("swapped.{}.tgid", name), std::to_string(task.tgid),
                     std::to_string(expected.tgid));
    }
  }

  std::string object_path_;
  MappedFile file_;
  object::Object object_;
  MappedFile kernel_file_;
  btf::View kernel_;
  LibbpfBtf libbpf_kernel_;
  std::vector<std::byte> module_bytes_;
  btf::View module_;
  Verdict verdict_;
};

int run(const std::string& object_path, const std::string& btf_path) {
  if (const std::string reason = reason_to_skip(); !reason.empty()) {
    fmt::print("skipped: {}\n", reason);
    return kSkipped;
  }
  if (::access(btf_path.c_str(), R_OK) != 0) {
    fmt::print("skipped: cannot read {}\n", btf_path);
    return kSkipped;
  }
  Test test(object_path, btf_path);
  // In a thread of its own, whose pid and tgid differ.
  return std::async(std::launch::async, &Test::run, &test).get();
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    fmt::print(stderr, "usage: kernel_values OBJECT [BTF]\n");
    return 2;
  }
  try {
    return btfreloc::test::run(argv[1], argc == 3 ? argv[2] : "/sys/kernel/btf/vmlinux");
  } catch (const std::exception& error) {
    fmt::print("RESULT FAIL {}\n", error.what());
    return 1;
  }
}
