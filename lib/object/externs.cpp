#include "object/externs.h"

#include <libelf.h>

#include <algorithm>
#include <unordered_map>

#include "btf/types.h"

namespace btfreloc::object {
namespace {

/// The extern behind an entry of .ksyms or .kconfig, if it is one.
std::optional<Extern> extern_of(const btf::View& btf, TypeId id, std::string_view section) {
  const btf::Type type = btf.decode(id);
  if (const auto* var = std::get_if<btf::Var>(&type)) {
    if (var->linkage != btf::Linkage::is_extern) return std::nullopt;
    return Extern{.name = btf.string(var->name), .section = section, .type = var->type};
  }
  if (const auto* func = std::get_if<btf::Func>(&type)) {
    if (func->linkage != btf::Linkage::is_extern) return std::nullopt;
    return Extern{.name = btf.string(func->name),
                  .section = section,
                  .type = func->type,
                  .is_function = true};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Extern> find_externs(const elf::File& file, const btf::View* btf) {
  std::unordered_map<std::string_view, const elf::Symbol*> undefined;
  for (const elf::Symbol& symbol : file.symbols()) {
    if (symbol.section == SHN_UNDEF && !symbol.name.empty()) undefined[symbol.name] = &symbol;
  }

  std::vector<Extern> externs;
  for (std::uint32_t id = 1; btf != nullptr && id < btf->size(); ++id) {
    if (btf->kind(TypeId{id}) != btf::Kind::kDatasec) continue;
    const std::string_view section = btf->name(TypeId{id});
    if (section != ".ksyms" && section != ".kconfig") continue;
    const auto datasec = std::get<btf::Datasec>(btf->decode(TypeId{id}));
    for (const btf::SectionVar entry : datasec.vars) {
      auto found = extern_of(*btf, entry.type, section);
      if (!found) continue;
      if (const auto symbol = undefined.find(found->name); symbol != undefined.end()) {
        found->is_weak = symbol->second->binding == STB_WEAK;
        undefined.erase(symbol);
      }
      externs.push_back(*found);
    }
  }
  for (const elf::Symbol& symbol : file.symbols()) {
    const auto left = undefined.find(symbol.name);
    if (left == undefined.end() || left->second != &symbol) continue;
    externs.push_back({.name = symbol.name,
                       .section = {},
                       .is_function = symbol.type == STT_FUNC,
                       .is_weak = symbol.binding == STB_WEAK});
  }
  return externs;
}

}  // namespace btfreloc::object
