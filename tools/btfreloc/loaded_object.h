#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btfreloc/verifier_log.h"

struct bpf_object;
struct bpf_program;

namespace btfreloc::tool {

/// Why the kernel did not take an object.
struct LoadFailure {
  int os_errno;
  std::string program;  ///< The one that was refused; "" when it did not come to programs.
  std::string log;      ///< Of the verifier; may be "".
  std::vector<std::string> messages;  ///< What libbpf printed.
};

/// A program in the kernel.
struct LoadedProgram {
  std::string name;
  std::string type;  ///< As libbpf names it: "xdp", "raw_tracepoint".
  std::uint32_t id;  ///< Of the program, in the whole system.
  VerifierStats stats;
  const bpf_program* program;
};

/// What a test run came to.
struct TestRun {
  std::uint32_t return_value;
  std::uint32_t nanoseconds;  ///< Of one run, the mean of all.
  std::vector<std::byte> data_out;
};

/// An object whose maps and programs libbpf put into the kernel. They are gone with it, unless they
/// are pinned.
class LoadedObject {
 public:
  /// Loads an ELF file. Relocations must have been applied.
  static std::variant<LoadedObject, LoadFailure> load(Bytes elf, const std::string& name);

  const std::vector<LoadedProgram>& programs() const { return programs_; }
  std::size_t map_count() const;

  /// Pins all maps and programs in a directory, or nothing.
  Status pin(const std::string& directory) const;
  /// Runs a program on `data`: the packet, or the context for programs that take none.
  static Result<TestRun> test_run(const LoadedProgram& program, Bytes data, std::uint32_t repeat);

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };
  std::unique_ptr<bpf_object, Close> object_;
  std::vector<LoadedProgram> programs_;
};

}  // namespace btfreloc::tool
