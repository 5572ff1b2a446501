#include "object/loader_btf.h"

#include <libelf.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "btf/types.h"

namespace btfreloc::object {
namespace {

constexpr std::size_t kSizeWord = 8;  // bytes from the start of a DATASEC
constexpr std::size_t kFirstVar = btf::kTypeHeaderSize;

class Filler {
 public:
  Filler(const elf::File& file, const btf::View& btf)
      : file_(file), btf_(btf), result_{{btf.blob().begin(), btf.blob().end()}, {}} {
    for (const elf::Symbol& symbol : file.symbols()) {
      if (symbol.binding != STB_LOCAL && symbol.section != SHN_UNDEF) {
        places_[symbol.name] = symbol.value;
      }
    }
  }

  LoaderBtf fill() {
    for (std::uint32_t id = 1; id < btf_.size(); ++id) {
      const TypeId type{id};
      if (btf_.kind(type) != btf::Kind::kDatasec) continue;
      const std::string_view name = btf_.name(type);
      if (name == ".ksyms" || name == ".kconfig") {
        give_to_loader(type);
      } else {
        fill_section(type, name);
      }
    }
    std::ranges::sort(result_.rewritten);
    return std::move(result_);
  }

 private:
  void give_to_loader(TypeId section) {
    result_.rewritten.push_back(section);
    const auto datasec = std::get<btf::Datasec>(btf_.decode(section));
    for (const btf::SectionVar var : datasec.vars) result_.rewritten.push_back(var.type);
  }

  void fill_section(TypeId section, std::string_view name) {
    std::byte* const type = result_.bytes.data() + btf_.type_offset(section);
    const auto datasec = std::get<btf::Datasec>(btf_.decode(section));
    if (datasec.size.value == 0) {
      const elf::Section* const of = file_.section(name);
      if (of == nullptr) return;
      store(type + kSizeWord, static_cast<std::uint32_t>(of->size.value), btf_.order());
      for (std::uint32_t i = 0; i < datasec.vars.size(); ++i) place_var(type, i, datasec.vars[i]);
    }
    sort_vars(type, datasec.vars.size());
  }

  void place_var(std::byte* datasec, std::uint32_t index, const btf::SectionVar& entry) {
    const btf::Type type = btf_.decode(entry.type);
    const auto* const var = std::get_if<btf::Var>(&type);
    if (var == nullptr || var->linkage == btf::Linkage::is_static) return;
    const auto place = places_.find(btf_.string(var->name));
    if (place == places_.end()) return;
    store(datasec + kFirstVar + std::size_t{index} * btf::SectionVar::kSize + 4,
          static_cast<std::uint32_t>(place->second), btf_.order());
  }

  void sort_vars(std::byte* datasec, std::uint32_t count) {
    std::vector<btf::SectionVar> vars;
    vars.reserve(count);
    std::byte* const first = datasec + kFirstVar;
    for (std::uint32_t i = 0; i < count; ++i) {
      vars.push_back(btf::SectionVar::read(first + std::size_t{i} * btf::SectionVar::kSize,
                                           btf_.order(), /*kind_flag=*/false));
    }
    std::ranges::stable_sort(vars, {}, &btf::SectionVar::offset);
    for (std::uint32_t i = 0; i < count; ++i) {
      std::byte* const at = first + std::size_t{i} * btf::SectionVar::kSize;
      store(at, vars[i].type.value, btf_.order());
      store(at + 4, static_cast<std::uint32_t>(vars[i].offset.value), btf_.order());
      store(at + 8, static_cast<std::uint32_t>(vars[i].size.value), btf_.order());
    }
  }

  const elf::File& file_;
  const btf::View& btf_;
  std::unordered_map<std::string_view, std::uint64_t> places_;  ///< Of global symbols, in bytes.
  LoaderBtf result_;
};

}  // namespace

LoaderBtf loader_btf(const elf::File& file, const btf::View& btf) {
  return Filler(file, btf).fill();
}

}  // namespace btfreloc::object
