#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/view.h"
#include "elf/file.h"

namespace btfreloc::object {

/// Something the loader must find: a kernel symbol, a kernel function, a configuration value.
struct Extern {
  std::string_view name;
  std::string_view section;         ///< ".ksyms" or ".kconfig"; "" when the BTF does not say.
  std::optional<TypeId> type = {};  ///< Of the variable, or the FUNC_PROTO of a function.
  bool is_function = false;
  bool is_weak = false;  ///< May be missing.
};

/// Every extern of the file: those its BTF lists, in that order, then undefined symbols that no
/// BTF describes. `btf` may be null.
std::vector<Extern> find_externs(const elf::File& file, const btf::View* btf);

}  // namespace btfreloc::object
