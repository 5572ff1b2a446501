#include "debug_types.h"

#include <algorithm>

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InstIterator.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// Peels derived types with one of these tags off.
template <typename Predicate>
DIType* peel(DIType* type, Predicate is_peeled) {
  // Longer chains go round in a circle.
  constexpr unsigned kLongest = 256;
  for (unsigned i = 0; i < kLongest; ++i) {
    auto* derived = dyn_cast_or_null<DIDerivedType>(type);
    if (!derived || !is_peeled(derived->getTag())) return type;
    type = derived->getBaseType();
  }
  return nullptr;
}

bool is_qualifier(unsigned tag) {
  return tag == dwarf::DW_TAG_const_type || tag == dwarf::DW_TAG_volatile_type ||
         tag == dwarf::DW_TAG_restrict_type || tag == dwarf::DW_TAG_atomic_type;
}

bool is_pointer_tag(unsigned tag) {
  return tag == dwarf::DW_TAG_pointer_type || tag == dwarf::DW_TAG_reference_type ||
         tag == dwarf::DW_TAG_rvalue_reference_type;
}

DIDerivedType* as_pointer(DIType* type) {
  auto* derived = dyn_cast_or_null<DIDerivedType>(strip_names(type));
  return derived && is_pointer_tag(derived->getTag()) ? derived : nullptr;
}

const char* keyword(const DICompositeType* record) {
  switch (record->getTag()) {
    case dwarf::DW_TAG_union_type: return "union ";
    case dwarf::DW_TAG_enumeration_type: return "enum ";
    case dwarf::DW_TAG_class_type: return "class ";
    default: return "struct ";
  }
}

}  // namespace

DIType* strip_qualifiers(DIType* type) { return peel(type, is_qualifier); }

DIType* strip_names(DIType* type) {
  return peel(type, [](unsigned tag) { return is_qualifier(tag) || tag == dwarf::DW_TAG_typedef; });
}

DIType* pointee_of(DIType* type) {
  DIDerivedType* pointer = as_pointer(type);
  return pointer ? strip_qualifiers(pointer->getBaseType()) : nullptr;
}

bool is_pointer(DIType* type) { return as_pointer(type) != nullptr; }

DICompositeType* as_record(DIType* type) {
  auto* composite = dyn_cast_or_null<DICompositeType>(strip_names(type));
  if (!composite || composite->isForwardDecl()) return nullptr;
  const unsigned tag = composite->getTag();
  const bool is_record = tag == dwarf::DW_TAG_structure_type || tag == dwarf::DW_TAG_class_type ||
                         tag == dwarf::DW_TAG_union_type;
  return is_record ? composite : nullptr;
}

DICompositeType* as_array(DIType* type) {
  auto* composite = dyn_cast_or_null<DICompositeType>(strip_names(type));
  return composite && composite->getTag() == dwarf::DW_TAG_array_type ? composite : nullptr;
}

bool is_union(const DICompositeType* record) {
  return record->getTag() == dwarf::DW_TAG_union_type;
}

bool is_signed(DIType* type) {
  DIType* bare = strip_names(type);
  if (auto* enumeration = dyn_cast_or_null<DICompositeType>(bare)) {
    bare = strip_names(enumeration->getBaseType());
  }
  const auto* basic = dyn_cast_or_null<DIBasicType>(bare);
  return basic && (basic->getEncoding() == dwarf::DW_ATE_signed ||
                   basic->getEncoding() == dwarf::DW_ATE_signed_char);
}

uint64_t size_of(DIType* type) {
  DIType* bare = strip_names(type);
  if (!bare) return 0;
  if (is_pointer(bare) && bare->getSizeInBits() == 0) return 8;  // references of older clang
  return bare->getSizeInBits() / 8;
}

const DIDerivedType* as_member(const Metadata* element) {
  const auto* member = dyn_cast_or_null<DIDerivedType>(element);
  if (!member || member->isStaticMember()) return nullptr;
  const unsigned tag = member->getTag();
  return tag == dwarf::DW_TAG_member || tag == dwarf::DW_TAG_inheritance ? member : nullptr;
}

uint64_t offset_of(const DIDerivedType* member) { return member->getOffsetInBits() / 8; }

uint64_t alignment_of(DIType* type) {
  DIType* bare = strip_names(type);
  if (!bare) return 1;
  if (const uint64_t stated = bare->getAlignInBits() / 8) return stated;
  if (DICompositeType* array = as_array(bare)) return alignment_of(array->getBaseType());
  DICompositeType* record = as_record(bare);
  if (!record) return std::clamp<uint64_t>(size_of(bare), 1, 8);
  uint64_t most = 1;
  for (const Metadata* element : record->getElements()) {
    const DIDerivedType* member = as_member(element);
    if (!member) continue;
    const uint64_t wanted =
        std::max<uint64_t>(alignment_of(member->getBaseType()), member->getAlignInBits() / 8);
    if (!member->isBitField() && offset_of(member) % wanted != 0) return 1;
    most = std::max(most, wanted);
  }
  return size_of(record) % most == 0 ? most : 1;
}

std::string spelled(DIType* type) {
  DIType* bare = strip_qualifiers(type);
  if (!bare) return "void";
  if (is_pointer(bare) && bare->getTag() != dwarf::DW_TAG_typedef) {
    return spelled(pointee_of(bare)) + " *";
  }
  if (auto* composite = dyn_cast<DICompositeType>(bare)) {
    if (DICompositeType* array = as_array(composite)) return spelled(array->getBaseType()) + " []";
    return keyword(composite) +
           (composite->getName().empty() ? "(anonymous)" : composite->getName().str());
  }
  return bare->getName().empty() ? "(unnamed)" : bare->getName().str();
}

std::string qualified_name(const DIType* type) {
  std::string name = type->getName().str();
  for (const DIScope* scope = type->getScope(); scope; scope = scope->getScope()) {
    if (!isa<DINamespace, DIModule, DICompositeType>(scope)) break;
    if (!scope->getName().empty()) name = scope->getName().str() + "::" + name;
  }
  return name;
}

DebugNodes::DebugNodes(const Module& module) {
  DebugInfoFinder finder;
  finder.processModule(module);
  std::vector<MDNode*> waiting;
  for (DICompileUnit* unit : finder.compile_units()) waiting.push_back(unit);
  for (DIType* type : finder.types()) waiting.push_back(type);
  for (DISubprogram* subprogram : finder.subprograms()) waiting.push_back(subprogram);
  for (DIGlobalVariableExpression* global : finder.global_variables()) waiting.push_back(global);
  for (const Function& function : module) {
    if (DISubprogram* subprogram = function.getSubprogram()) waiting.push_back(subprogram);
  }
  // DebugInfoFinder looks into neither variants nor annotations.
  while (!waiting.empty()) {
    MDNode* node = waiting.back();
    waiting.pop_back();
    if (!nodes_.insert(node)) continue;
    for (const MDOperand& operand : node->operands()) {
      auto* child = dyn_cast_or_null<MDNode>(operand.get());
      if (child && isa<DINode, MDTuple, DIGlobalVariableExpression>(child))
        waiting.push_back(child);
    }
  }
}

}  // namespace btfreloc::pass
