#pragma once

#include <bpf/libbpf.h>
#include <fmt/core.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace btfreloc::test {

using BpfObject = std::unique_ptr<::bpf_object, void (*)(::bpf_object*)>;

template <class... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw std::runtime_error(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// What libbpf printed, the log of the verifier with it.
const std::string& libbpf_log();

/// Opens an object for libbpf to load as it is: it has to come without relocations. Throws when
/// libbpf cannot read it.
BpfObject open_relocated(const std::string& path);

}  // namespace btfreloc::test
