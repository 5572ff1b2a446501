#include "btf/header/selection.h"

#include <utility>

#include "btf/kinds.h"

namespace btfreloc::btf {
namespace {

constexpr KindSet kTypesOfC{
    Kind::kInt,      Kind::kPtr,       Kind::kArray,   Kind::kStruct,   Kind::kUnion,
    Kind::kEnum,     Kind::kFwd,       Kind::kTypedef, Kind::kVolatile, Kind::kConst,
    Kind::kRestrict, Kind::kFuncProto, Kind::kFloat,   Kind::kTypeTag,  Kind::kEnum64,
};

}  // namespace

HeaderSelection::HeaderSelection(const View& view) : view_(&view), reached_(view.size()) {}

HeaderSelection HeaderSelection::all(const View& view) {
  HeaderSelection selection(view);
  view.for_each_own_kind([&](TypeId id, std::uint8_t kind) {
    if (!kTypesOfC.has(kind)) return;
    if (view.base() != nullptr) {
      selection.add(id);
    } else {  // what it leads to is among all the others
      const bool is_forward = kind == static_cast<std::uint8_t>(Kind::kFwd);
      selection.reached_[id.value] = is_forward ? kNamed : kValueOfWhole;
    }
  });
  return selection;
}

void HeaderSelection::add(TypeId id) {
  const std::uint8_t kind = view_->kind_number(id);
  if (kind == static_cast<std::uint8_t>(Kind::kFunc)) {
    reach(id, kReferenceOfWhole);
  } else if (const auto known = view_->kind(id); known && is_enum(*known)) {
    reached_[id.value] |= kValueOfWhole;
  } else if (kind == static_cast<std::uint8_t>(Kind::kFwd)) {
    declare(id);
  } else if (kTypesOfC.has(kind)) {
    reach(id, kValueOfWhole);
  }
  settle();
}

void HeaderSelection::add_record(TypeId id, std::uint32_t index) {
  const auto kind = view_->kind(id);
  if (!kind || !(is_composite(*kind) || is_enum(*kind)) || index >= view_->info(id).vlen) return;
  std::vector<bool>& records = records_[id.value];
  records.resize(view_->info(id).vlen);
  if (records[index]) return;
  records[index] = true;
  reached_[id.value] |= kRecords;
  is_part_.clear();
  const Type type = view_->decode(id);
  if (const auto* composite = std::get_if<Struct>(&type)) {
    reach(composite->members[index].type, kValueOfPart);
  } else if (const auto* alternatives = std::get_if<Union>(&type)) {
    reach(alternatives->members[index].type, kValueOfPart);
  }
  settle();
}

void HeaderSelection::add_opaque(TypeId id) {
  const auto kind = view_->kind(id);
  if (kind && (is_composite(*kind) || kind == Kind::kTypedef)) reach(id, kValueOfPart);
  settle();
}

void HeaderSelection::declare(TypeId id) {
  const auto kind = view_->kind(id);
  if (kind && (is_composite(*kind) || kind == Kind::kFwd)) reach(id, kNamed);
  settle();
}

void HeaderSelection::add_kfuncs() {
  view_->for_each_own_kind([&](TypeId id, std::uint8_t kind) {
    if (kind != static_cast<std::uint8_t>(Kind::kDeclTag)) return;
    const TypeId function{view_->third_word(id)};
    if (view_->kind(function) == Kind::kFunc &&
        view_->string_is(view_->name_offset(id), "bpf_kfunc")) {
      add(function);
    }
  });
}

bool HeaderSelection::has_record(TypeId id, std::uint32_t index) const {
  const Extent extent = this->extent(id);
  if (extent != Extent::partial) return extent == Extent::whole;
  const auto records = records_.find(id.value);
  return records != records_.end() && records->second[index];
}

std::vector<TypeId> HeaderSelection::types() const {
  std::vector<TypeId> types;
  for (std::uint32_t id = 1; id < reached_.size(); ++id) {
    if (reached_[id] != 0) types.emplace_back(id);
  }
  return types;
}

bool HeaderSelection::is_part(TypeId id) const {
  if (is_part_.empty()) {
    is_part_.resize(reached_.size());
    for (std::uint32_t from = 1; from < reached_.size(); ++from) {
      if (reached_[from] == 0) continue;
      view_->for_each_type_id(TypeId{from}, [&](TypeId to) { is_part_[to.value] = true; });
    }
  }
  return is_part_[id.value];
}

void HeaderSelection::reach(TypeId id, std::uint8_t ways) {
  const auto kind = view_->kind(id);
  if (!kind || id.value == 0) return;
  if (is_enum(*kind)) {
    ways = kEnum;
  } else if (is_composite(*kind) && view_->first_char(view_->name_offset(id)) == '\0') {
    ways = value(ways);  // it is declared where it is referred to, and cannot be only named
  }
  const auto fresh = static_cast<std::uint8_t>(ways & ~reached_[id.value]);
  if (fresh == 0) return;
  reached_[id.value] |= fresh;
  is_part_.clear();
  pending_.push_back({id, fresh});
}

void HeaderSelection::settle() {
  while (!pending_.empty()) {
    const Step step = pending_.back();
    pending_.pop_back();
    go_on(step.type, step.ways);
  }
}

void HeaderSelection::go_on(TypeId id, std::uint8_t ways) {
  switch (*view_->kind(id)) {
    case Kind::kTypedef:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag:
    case Kind::kFunc: reach(TypeId{view_->third_word(id)}, ways); break;
    case Kind::kPtr: reach(TypeId{view_->third_word(id)}, reference(ways)); break;
    // The elements of an array have a size, also where a pointer leads to it.
    case Kind::kArray: reach(std::get<Array>(view_->decode(id)).type, value(ways)); break;
    case Kind::kFuncProto:
      view_->for_each_type_id(id, [&](TypeId to) { reach(to, reference(ways)); });
      break;
    case Kind::kStruct:
    case Kind::kUnion:
      if ((ways & kValueOfWhole) == 0) break;
      view_->for_each_type_id(id, [&](TypeId to) { reach(to, kValueOfWhole); });
      break;
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kEnum:
    case Kind::kFwd:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kFloat:
    case Kind::kDeclTag:
    case Kind::kEnum64: break;
  }
}

}  // namespace btfreloc::btf
