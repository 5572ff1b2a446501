#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "core/decision.h"
#include "core/target.h"
#include "kernel/values.h"
#include "object/object.h"

namespace btfreloc::test {

/// An object that was relocated by us, in memory.
struct Relocated {
  std::vector<core::Decision> decisions;  ///< Beside the relocations of the object.
  std::vector<std::byte> file;
};

/// Throws when the object cannot be relocated at all.
Relocated relocate(const object::Object& object, Bytes file, const core::Target& target);

/// True when a loader finds relocations in it, to apply itself.
bool has_relocations(Bytes file);

/// Loads the object with libbpf, which relocates nothing, runs each of its programs once in the
/// calling thread, and returns what they stored over `before`. Throws, with what libbpf and the
/// verifier say, when the kernel refuses one.
kernel_values run_programs(Bytes file, std::span<const char* const> programs,
                           const kernel_values& before);

/// Loads only this program, and returns what libbpf and the verifier say; "" when they accept it.
std::string complaint_about(Bytes file, const std::string& program);

}  // namespace btfreloc::test
