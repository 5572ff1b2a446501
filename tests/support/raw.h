#pragma once

#include <cstdint>
#include <string>

#include "btf/raw_text.h"
#include "btf/view.h"

namespace btfreloc::test {

/// All own types of a view in bpftool's raw notation: what two blobs must share to hold the same
/// types.
inline std::string all_raw(const btf::View& view) {
  TextBuffer text;
  for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
    btf::print_raw(text, view, id);
  }
  return std::string(text.view());
}

}  // namespace btfreloc::test
