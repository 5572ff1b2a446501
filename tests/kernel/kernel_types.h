#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "kernel/values.h"

namespace btfreloc::test {

using LibbpfBtf = std::unique_ptr<::btf, void (*)(::btf*)>;

/// BTF as libbpf reads it, which shares no code with btfreloc; throws when it does not.
LibbpfBtf libbpf_btf(Bytes blob);

/// What libbpf says of the types of the kernel, and of those in the object.
type_values types_according_to_libbpf(const ::btf* kernel, const std::string& object_path);

/// Split BTF, as a module has it, with the btfreloc_private types of kernel_values.bpf.c laid out
/// otherwise than there.
std::vector<std::byte> private_module(::btf* kernel);

/// What the programs find there when the record held `before`.
private_values expected_private_values(const private_values& before);

/// The same BTF, but task_struct.pid and task_struct.tgid have changed places.
std::vector<std::byte> with_pid_and_tgid_swapped(Bytes kernel);

}  // namespace btfreloc::test
