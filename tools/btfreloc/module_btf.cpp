#include "btfreloc/module_btf.h"

#include <cstdint>

namespace btfreloc::tool {

bool is_split_on(const btf::View& module, const btf::View& kernel) {
  if (module.base() != &kernel) return false;
  for (std::uint32_t id = module.first_id().value; id < module.size(); ++id) {
    const StrOff name = module.name_offset(TypeId{id});
    if (name.value == 0) continue;
    const bool is_own_first = name.value == kernel.header().strings_size;
    if (!is_own_first && module.first_char(StrOff{name.value - 1}) != '\0') return false;
  }
  return true;
}

}  // namespace btfreloc::tool
