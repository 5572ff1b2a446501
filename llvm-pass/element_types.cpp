#include "element_types.h"

#include <algorithm>

#include "annotation.h"
#include "compat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Module.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// `struct.vmlinux::task.3` is `task`: what clang, rustc and Zig put around a name goes. LLVM adds
/// the number to tell types of linked modules apart.
StringRef unqualified(StringRef name) {
  while (!name.empty() && isDigit(name.back())) {
    const std::size_t dot = name.rfind('.');
    if (dot == StringRef::npos || name.drop_front(dot + 1).find_if_not(isDigit) != StringRef::npos)
      break;
    name = name.take_front(dot);
  }
  // Template arguments may hold colons and dots; a frontend that keeps them keeps them in both.
  const StringRef plain = name.take_until([](char c) { return c == '<'; });
  const std::size_t end = plain.find_last_of(".:");
  return end == StringRef::npos ? name : name.drop_front(end + 1);
}

/// Whether a struct type without a record of its own can have been named after this one.
bool may_be_named(const StructType* type, StringRef record) {
  if (!type->hasName()) return true;
  // clang leaves template arguments out.
  const StringRef name = unqualified(type->getName()).take_until([](char c) { return c == '<'; });
  return name == "anon" ? record.empty() : record.empty() || compat::starts_with(record, name);
}

/// `vmlinux::task` of `struct.vmlinux::task.3`.
std::string qualified(StringRef name) {
  for (const char* prefix : {"struct.", "class.", "union."}) {
    if (name.consume_front(prefix)) break;
  }
  const auto [first, last] = name.rsplit('.');
  const bool is_number = !last.empty() && last.find_if_not(isDigit) == StringRef::npos;
  return (is_number ? first : name).str();
}

unsigned compile_units(const Module& module) {
  const NamedMDNode* units = module.getNamedMetadata("llvm.dbg.cu");
  return units ? units->getNumOperands() : 0;
}

struct Field {
  uint64_t offset;
  uint64_t size;
};

/// The members of a record that LLVM has fields for, in bytes.
SmallVector<Field, 16> fields_of(const DICompositeType* record) {
  SmallVector<Field, 16> fields;
  for (const Metadata* element : record->getElements()) {
    const DIDerivedType* member = as_member(element);
    if (!member || member->isBitField()) continue;
    fields.push_back({offset_of(member), size_of(member->getBaseType())});
  }
  llvm::stable_sort(fields, [](const Field& a, const Field& b) { return a.offset < b.offset; });
  return fields;
}

}  // namespace

bool is_same_record(const DICompositeType* a, const DICompositeType* b) {
  if (a == b) return true;
  if (a->getTag() != b->getTag() || a->getName().empty() ||
      qualified_name(a) != qualified_name(b) || a->getSizeInBits() != b->getSizeInBits() ||
      a->getElements().size() != b->getElements().size()) {
    return false;
  }
  const DINodeArray ours = a->getElements(), theirs = b->getElements();
  for (unsigned i = 0; i < ours.size(); ++i) {
    const DIDerivedType *mine = as_member(ours[i]), *other = as_member(theirs[i]);
    if (!mine || !other) {
      if (mine || other) return false;
      continue;
    }
    if (mine->getName() != other->getName() ||
        mine->getOffsetInBits() != other->getOffsetInBits() ||
        mine->getSizeInBits() != other->getSizeInBits() ||
        spelled(mine->getBaseType()) != spelled(other->getBaseType())) {
      return false;
    }
  }
  return true;
}

ElementTypes::ElementTypes(const Module& module, const DebugNodes& nodes,
                           const Annotations& annotations)
    : layout_(module.getDataLayout()), is_linked_(compile_units(module) > 1) {
  for (MDNode* node : nodes.all()) {
    DICompositeType* record = as_record(dyn_cast<DICompositeType>(node));
    if (!record) continue;
    if (const DIType* root = annotations.root_of(record)) {
      records_[unqualified(root->getName())].push_back(record);
      names_[record] = root->getName();
      all_.push_back(record);
    }
  }
  for (StructType* type : module.getIdentifiedStructTypes()) {
    if (type->hasName() && type->isSized()) types_[unqualified(type->getName())].push_back(type);
  }
}

/// Whether some field of a struct type holds all of a bitfield, as its storage does.
bool ElementTypes::is_in_one_field(const StructType& type, const StructLayout& layout,
                                   const DIDerivedType& bitfield) const {
  const uint64_t begin = bitfield.getOffsetInBits(), end = begin + bitfield.getSizeInBits();
  for (unsigned i = 0; i < type.getNumElements(); ++i) {
    const uint64_t first = layout.getElementOffset(i) * 8;
    const uint64_t last = first + layout_.getTypeAllocSize(type.getElementType(i)) * 8;
    if (first <= begin && end <= last) return true;
  }
  return false;
}

bool ElementTypes::has_field(const StructType& type, const StructLayout& layout, uint64_t offset,
                             uint64_t size) const {
  for (unsigned i = 0; i < type.getNumElements(); ++i) {
    if (layout.getElementOffset(i) == offset &&
        layout_.getTypeAllocSize(type.getElementType(i)) == size) {
      return true;
    }
  }
  return false;
}

bool ElementTypes::same_layout(StructType* type, DICompositeType* record) const {
  if (!type->isSized() || layout_.getTypeAllocSize(type) != size_of(record)) return false;
  // The struct type of a union has the field of one member only. clang says which is one.
  if (is_union(record)) return type->hasName() && compat::starts_with(type->getName(), "union.");
  const StructLayout* layout = layout_.getStructLayout(type);
  const bool has_units = all_of(record->getElements(), [&](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return !member || !member->isBitField() || is_in_one_field(*type, *layout, *member);
  });
  if (!has_units) return false;
  return all_of(fields_of(record), [&](const Field& field) {
    return field.size == 0 || has_field(*type, *layout, field.offset, field.size);
  });
}

/// The records that a struct type can be one of: those of its name; all in a linked module.
ArrayRef<DICompositeType*> ElementTypes::candidates(const StructType* type) const {
  if (is_linked_) return all_;
  const auto same_name = records_.find(unqualified(type->getName()));
  return same_name == records_.end() ? ArrayRef<DICompositeType*>() : same_name->second;
}

DICompositeType* ElementTypes::record_of(StructType* type) const {
  if (!type->hasName() || !type->isSized()) return nullptr;
  const auto [known, is_new] = known_records_.try_emplace(type, nullptr);
  if (!is_new) return known->second;
  const std::string full = qualified(type->getName());
  DICompositeType* found = nullptr;
  bool is_exact = false;
  for (DICompositeType* record : candidates(type)) {
    if (!same_layout(type, record)) continue;
    const bool is_full = qualified_name(record) == full;
    if (found && is_exact != is_full) {
      // The one of the very namespace, of several with the name.
      if (is_full) found = record;
      is_exact = true;
      continue;
    }
    if (found && !is_same_record(found, record)) return nullptr;
    if (!found) found = record;
    is_exact = is_full;
  }
  return known_records_[type] = found;
}

bool ElementTypes::corresponds(StructType* type, DICompositeType* record) const {
  if (is_linked_) return same_layout(type, record);
  if (const DICompositeType* own = record_of(type)) return is_same_record(own, record);
  return may_be_named(type, record->getName()) && same_layout(type, record);
}

StructType* ElementTypes::of(DICompositeType* record) {
  StructType*& type = known_types_[record];
  if (type) return type;
  const StringRef name = names_.lookup(record);
  const auto same_name = types_.find(unqualified(name));
  if (same_name != types_.end() && !name.empty()) {
    const auto found = llvm::find_if(
        same_name->second, [&](StructType* candidate) { return corresponds(candidate, record); });
    if (found != same_name->second.end()) return type = *found;
  }
  return type = synthesize(record);
}

StructType* ElementTypes::synthesize(DICompositeType* record) const {
  LLVMContext& context = record->getContext();
  Type* byte = Type::getInt8Ty(context);
  SmallVector<Type*, 16> elements;
  uint64_t end = 0;
  const auto fill_to = [&](uint64_t offset) {
    if (offset > end) elements.push_back(ArrayType::get(byte, offset - end));
    end = std::max(end, offset);
  };
  for (const Field& field : fields_of(record)) {
    if (field.offset < end || field.size == 0) continue;
    fill_to(field.offset);
    fill_to(field.offset + field.size);
  }
  fill_to(size_of(record));
  // Arrays of bytes have no alignment, which decides the storage units of bitfields.
  const unsigned bits = static_cast<unsigned>(alignment_of(record) * 8);
  elements.push_back(ArrayType::get(Type::getIntNTy(context, bits), 0));
  const StringRef name = names_.lookup(record);
  return StructType::create(context, elements,
                            ("btfreloc." + (name.empty() ? "anon" : name)).str());
}

unsigned ElementTypes::field_at(StructType* type, uint64_t offset, uint64_t size) const {
  const StructLayout* layout = layout_.getStructLayout(type);
  for (unsigned i = 0; i < type->getNumElements(); ++i) {
    if (layout->getElementOffset(i) == offset &&
        layout_.getTypeAllocSize(type->getElementType(i)) == size) {
      return i;
    }
  }
  if (offset >= layout->getSizeInBytes()) return 0;
  return layout->getElementContainingOffset(offset);
}

bool is_same_type(const TypeAt& a, const TypeAt& b) {
  if (a.is_same(b)) return true;
  DICompositeType *one = a.record(), *other = b.record();
  return one && other && is_same_record(one, other);
}

}  // namespace btfreloc::pass
