#include "language_types.h"

#include "compat.h"
#include "llvm/BinaryFormat/Dwarf.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Wrappers in wrappers, deeper than any program has them; hostile debug info has cycles.
constexpr unsigned kMostWrappers = 16;

bool is_number(StringRef name) {
  unsigned number = 0;
  return name.consume_front("__") && !name.empty() && !name.getAsInteger(10, number);
}

StringRef outermost_namespace(const DICompositeType* record) {
  StringRef name;
  for (const DIScope* scope = record->getScope(); scope; scope = scope->getScope()) {
    if (const auto* space = dyn_cast<DINamespace>(scope)) name = space->getName();
  }
  return name;
}

/// Whether a value of the type has any bytes that mean something. `seen` are records that have been
/// looked into.
bool has_content(DIType* type, SmallPtrSetImpl<const DICompositeType*>& seen) {
  const DICompositeType* record = as_record(type);
  if (!record) return size_of(type) != 0;
  if (!seen.insert(record).second) return false;
  return any_of(record->getElements(), [&](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return member && has_content(member->getBaseType(), seen);
  });
}

bool has_content(DIType* type) {
  SmallPtrSet<const DICompositeType*, 8> seen;
  return has_content(type, seen);
}

/// The one member that a value of the record consists of; null when there are several, or it is
/// smaller. Of a tagged union that is the payload of the one variant that has one: where the niche
/// is the payload's, the discriminant, which has no name, takes no room of its own.
const DIDerivedType* only_content(const DICompositeType* record) {
  const DIDerivedType* only = nullptr;
  for (const Metadata* element : record->getElements()) {
    const DIDerivedType* member = as_member(element);
    if (!member || !has_content(member->getBaseType())) continue;
    const bool is_discriminant = is_union(record) && member->getName().empty();
    if (is_discriminant) continue;
    if (only || member->isBitField()) return nullptr;
    only = member;
  }
  const bool is_all =
      only && offset_of(only) == 0 && size_of(only->getBaseType()) * 8 == record->getSizeInBits();
  return is_all ? only : nullptr;
}

}  // namespace

bool is_of_language(const DICompositeType* record) {
  const StringRef space = outermost_namespace(record);
  if (space == "core" || space == "alloc" || space == "std") return true;
  return any_of(record->getElements(), [](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return member && is_number(member->getName());
  });
}

namespace {

DIType* unwrapped(DIType* type, unsigned depth) {
  if (depth > kMostWrappers) return type;
  if (DICompositeType* array = as_array(type)) {
    DIType* element = unwrapped(array->getBaseType(), depth + 1);
    if (element == array->getBaseType()) return type;
    TempMDNode copy = array->clone();
    copy->replaceOperandWith(compat::kBaseType, element);
    return cast<DIType>(MDNode::replaceWithUniqued(std::move(copy)));
  }
  DIType* inner = type;
  for (unsigned i = 0; i < kMostWrappers; ++i) {
    const DICompositeType* record = as_record(inner);
    if (!record || !is_of_language(record)) return inner;
    const DIDerivedType* only = only_content(record);
    if (!only) return type;
    inner = only->getBaseType();
  }
  return type;
}

}  // namespace

DIType* unwrapped(DIType* type) { return unwrapped(type, 0); }

bool unwrap_members(const Annotations& annotations) {
  bool changed = false;
  for (DICompositeType* record : annotations.records()) {
    for (Metadata* element : record->getElements()) {
      auto* member = dyn_cast_or_null<DIDerivedType>(element);
      if (!member || !as_member(member)) continue;
      DIType* type = unwrapped(member->getBaseType());
      if (type == member->getBaseType()) continue;
      member->replaceOperandWith(compat::kBaseType, type);
      changed = true;
    }
  }
  return changed;
}

}  // namespace btfreloc::pass
