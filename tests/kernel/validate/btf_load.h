#pragma once

#include <string>

#include "base/bytes.h"

namespace btfreloc::test {

/// What the running kernel says to a blob.
struct LoadAnswer {
  int error = 0;         ///< 0: it takes it.
  std::string log = {};  ///< Only when it was asked for.
};

/// BPF_BTF_LOAD, and the end of it: nothing stays loaded.
LoadAnswer load_btf(Bytes blob, bool with_log = false);

/// False when this process may not load BTF, or the kernel cannot.
bool can_load_btf();

}  // namespace btfreloc::test
