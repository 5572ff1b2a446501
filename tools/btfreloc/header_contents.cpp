#include "btfreloc/header_contents.h"

#include <algorithm>

#include "btf/join.h"

namespace btfreloc::tool {

void HeaderContents::want(const btf::View& btf, TypeId type, As as, std::uint32_t index) {
  const btf::View* owner = &btf;
  while (owner->base() != nullptr && type < owner->first_id()) owner = owner->base();
  wanted_.push_back({.btf = owner, .type = type, .as = as, .index = index});
  const bool is_of_kernel = owner == &kernel_ || type < kernel_.first_id();
  if (is_of_kernel || std::ranges::find(modules_, owner, &Module::btf) != modules_.end()) return;
  modules_.push_back({.btf = owner, .moved_by = 0});
}

void HeaderContents::add(const NamedType& named) {
  if (named.records.empty()) return want(*named.btf, named.type, As::whole);
  want(*named.btf, named.type, As::opaque);
  for (const auto& [record, index] : named.records) want(*named.btf, record, As::record, index);
  if (named.member_type.value != 0) want(*named.btf, named.member_type, As::whole);
}

void HeaderContents::add(const object::UsedType& used) {
  want(*used.btf, used.type, used.is_defined ? As::opaque : As::declared);
  for (const std::uint32_t index : used.records) want(*used.btf, used.type, As::record, index);
}

/// The one BTF that has everything.
Result<const btf::View*> HeaderContents::joined() {
  if (modules_.empty()) return &kernel_;
  if (modules_.size() == 1) return modules_[0].btf;
  std::vector<const btf::View*> views;
  std::uint32_t moved_by = 0;
  for (Module& module : modules_) {
    views.push_back(module.btf);
    module.moved_by = moved_by;
    moved_by += module.btf->own_count();
  }
  TRY(blob_, btf::join_split(views));
  TRY(view_, btf::View::open(blob_, &kernel_));
  return &*view_;
}

TypeId HeaderContents::id_of(const Wanted& wanted) const {
  const auto module = std::ranges::find(modules_, wanted.btf, &Module::btf);
  if (module == modules_.end()) return wanted.type;
  return TypeId{wanted.type.value + module->moved_by};
}

Result<btf::HeaderSelection> HeaderContents::selection() {
  TRY(const btf::View* const view, joined());
  btf::HeaderSelection selection(*view);
  for (const Wanted& wanted : wanted_) {
    const TypeId id = id_of(wanted);
    switch (wanted.as) {
      case As::whole: selection.add(id); break;
      case As::opaque: selection.add_opaque(id); break;
      case As::declared: selection.declare(id); break;
      case As::record: selection.add_record(id, wanted.index); break;
    }
  }
  return selection;
}

}  // namespace btfreloc::tool
