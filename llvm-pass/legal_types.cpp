#include "legal_types.h"

#include <algorithm>

#include "compat.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Support/MathExtras.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

constexpr uint64_t kWidestInteger = 128;  // in bits

DIBasicType* make_basic(LLVMContext& context, StringRef name, uint64_t bits, unsigned encoding) {
  return DIBasicType::get(context, dwarf::DW_TAG_base_type, name, bits, 0u, encoding,
                          DINode::FlagZero);
}

DIType* make_pointer(LLVMContext& context, DIType* pointee) {
  return compat::make_derived(
      context, {.tag = dwarf::DW_TAG_pointer_type, .name = "", .base = pointee, .size = 64});
}

DIType* make_array(LLVMContext& context, DIType* element, uint64_t count) {
  Metadata* range = DISubrange::get(context, static_cast<int64_t>(count));
  DICompositeType* array =
      compat::make_composite(context, {.tag = dwarf::DW_TAG_array_type,
                                       .name = "",
                                       .size = count * element->getSizeInBits(),
                                       .elements = range});
  array->replaceOperandWith(compat::kBaseType, element);
  return array;
}

/// For an integer that has to have a name in C.
StringRef integer_name(uint64_t bits) {
  switch (bits) {
    case 8: return "unsigned char";
    case 16: return "unsigned short";
    case 32: return "unsigned int";
    case 64: return "unsigned long";
    default: return "unsigned __int128";
  }
}

/// A type of that size that says nothing about what is in it.
DIType* make_opaque(LLVMContext& context, StringRef name, uint64_t bits) {
  if (bits == 0) {
    return compat::make_composite(context, {.tag = dwarf::DW_TAG_structure_type, .name = ""});
  }
  if (bits <= kWidestInteger) {
    return make_basic(context, name.empty() ? integer_name(bits) : name, bits,
                      dwarf::DW_ATE_unsigned);
  }
  DIType* byte = make_basic(context, "unsigned char", 8, dwarf::DW_ATE_unsigned_char);
  return make_array(context, byte, divideCeil(bits, 8));
}

DIType* make_complex(LLVMContext& context, uint64_t bits) {
  const StringRef name = bits == 64 ? "float" : bits == 128 ? "double" : "long double";
  return make_array(context, make_basic(context, name, bits / 2, dwarf::DW_ATE_float), 2);
}

/// Source: btf_float_check_meta() in Linux kernel/bpf/btf.c.
bool is_float_size(uint64_t bits) {
  return bits == 16 || bits == 32 || bits == 64 || bits == 96 || bits == 128;
}

/// Source of the encodings: BTFDebug::visitBasicType() of LLVM 15.
DIType* legal_basic_type(DIBasicType* type) {
  LLVMContext& context = type->getContext();
  const uint64_t bits = type->getSizeInBits();
  if (type->getTag() == dwarf::DW_TAG_unspecified_type) {
    // std::nullptr_t is what clang has it for; its size is not told.
    return type->getName().contains("nullptr") ? make_pointer(context, nullptr)
                                               : make_opaque(context, "", bits);
  }
  if (bits == 0) return make_opaque(context, "", 0);
  switch (type->getEncoding()) {
    case dwarf::DW_ATE_boolean:
    case dwarf::DW_ATE_signed:
    case dwarf::DW_ATE_signed_char:
    case dwarf::DW_ATE_unsigned:
    case dwarf::DW_ATE_unsigned_char:
      return bits <= kWidestInteger ? type : make_opaque(context, type->getName(), bits);
    case dwarf::DW_ATE_float:
      return is_float_size(bits) ? type : make_opaque(context, type->getName(), bits);
    case dwarf::DW_ATE_complex_float:
      return is_float_size(bits / 2) ? make_complex(context, bits)
                                     : make_opaque(context, type->getName(), bits);
    case dwarf::DW_ATE_signed_fixed:
      if (bits > kWidestInteger) break;
      return make_basic(context, type->getName(), bits, dwarf::DW_ATE_signed);
    default: break;
  }
  return make_opaque(context, type->getName(), bits);
}

DIType* legal_derived_type(DIDerivedType* type) {
  LLVMContext& context = type->getContext();
  switch (type->getTag()) {
    case dwarf::DW_TAG_pointer_type:
    case dwarf::DW_TAG_const_type:
    case dwarf::DW_TAG_volatile_type:
    case dwarf::DW_TAG_restrict_type:
    case dwarf::DW_TAG_typedef:
    // Elements of records, which are not types.
    case dwarf::DW_TAG_member:
    case dwarf::DW_TAG_inheritance:
    case dwarf::DW_TAG_variable:
    case dwarf::DW_TAG_friend: return type;
    case dwarf::DW_TAG_reference_type:
    case dwarf::DW_TAG_rvalue_reference_type: return make_pointer(context, type->getBaseType());
    case dwarf::DW_TAG_ptr_to_member_type:
    case dwarf::DW_TAG_set_type:
      return make_opaque(context, type->getName(), type->getSizeInBits());
    case dwarf::DW_TAG_template_alias:
      return compat::make_derived(context, {.tag = dwarf::DW_TAG_typedef,
                                            .name = type->getName(),
                                            .file = type->getFile(),
                                            .line = type->getLine(),
                                            .scope = type->getScope(),
                                            .base = type->getBaseType()});
    default: return type->getBaseType();  // atomic, immutable, shared: the same bytes
  }
}

/// Sizes in bits of records that something holds by value though they are only declared, as clang
/// does for classes whose constructor is elsewhere. 0 where nobody says.
using HeldDeclarations = DenseMap<const DICompositeType*, uint64_t>;

void add_held(DIType* type, uint64_t bits, HeldDeclarations& held) {
  const auto* record = dyn_cast_or_null<DICompositeType>(strip_names(type));
  if (!record || !record->isForwardDecl()) return;
  if (record->getTag() == dwarf::DW_TAG_enumeration_type) return;
  uint64_t& known = held[record];
  known = std::max({known, bits, record->getSizeInBits()});
}

HeldDeclarations held_declarations(const DebugNodes& nodes) {
  HeldDeclarations held;
  for (MDNode* node : nodes.all()) {
    if (const auto* member = as_member(node)) {
      const bool is_base = member->getTag() == dwarf::DW_TAG_inheritance;
      add_held(member->getBaseType(), is_base ? 0 : member->getSizeInBits(), held);
    } else if (DICompositeType* array = as_array(dyn_cast<DICompositeType>(node))) {
      add_held(array->getBaseType(), 0, held);
    } else if (const auto* function = dyn_cast<DISubroutineType>(node)) {
      for (DIType* type : function->getTypeArray()) add_held(type, 0, held);
    } else if (const auto* variable = dyn_cast<DIGlobalVariable>(node)) {
      add_held(variable->getType(), 0, held);
    }
  }
  return held;
}

/// The same with tag, size and flags as given.
DICompositeType* remake(DICompositeType* type, unsigned tag, uint64_t bits, DINode::DIFlags flags) {
  DICompositeType* copy =
      compat::make_composite(type->getContext(), {.tag = tag,
                                                  .name = type->getName(),
                                                  .file = type->getFile(),
                                                  .line = type->getLine(),
                                                  .scope = type->getScope(),
                                                  .size = bits,
                                                  .align = type->getAlignInBits(),
                                                  .flags = flags});
  for (const unsigned kept :
       {compat::kElements, compat::kTemplateParams, compat::kCompositeAnnotations}) {
    copy->replaceOperandWith(kept, type->getOperand(kept));
  }
  return copy;
}

DIType* legal_enumeration(DICompositeType* type) {
  const uint64_t bits = type->getSizeInBits();
  // Declared only. Any size will do: its values are not known.
  if (bits == 0) return remake(type, dwarf::DW_TAG_enumeration_type, 32, type->getFlags());
  const uint64_t bytes = divideCeil(bits, 8);
  if (bytes <= 8 && isPowerOf2_64(bytes)) return type;
  DIType* integer = strip_names(type->getBaseType());
  return integer ? integer : make_opaque(type->getContext(), type->getName(), bits);
}

DIType* legal_composite_type(DICompositeType* type, const HeldDeclarations& held) {
  if (type->getTag() == dwarf::DW_TAG_enumeration_type) return legal_enumeration(type);
  const bool is_class = type->getTag() == dwarf::DW_TAG_class_type;
  const unsigned tag = is_class ? static_cast<unsigned>(dwarf::DW_TAG_structure_type)
                                : static_cast<unsigned>(type->getTag());
  const auto declaration = held.find(type);
  if (declaration != held.end()) {
    return remake(type, tag, declaration->second, type->getFlags() & ~DINode::FlagFwdDecl);
  }
  return is_class ? remake(type, tag, type->getSizeInBits(), type->getFlags()) : type;
}

/// What stands for the type in BTF: itself where it can.
DIType* legal_type(DIType* type, const HeldDeclarations& held) {
  if (auto* basic = dyn_cast<DIBasicType>(type)) return legal_basic_type(basic);
  if (auto* derived = dyn_cast<DIDerivedType>(type)) return legal_derived_type(derived);
  if (auto* composite = dyn_cast<DICompositeType>(type)) {
    return legal_composite_type(composite, held);
  }
  if (isa<DISubroutineType>(type)) return type;
  return make_opaque(type->getContext(), type->getName(), type->getSizeInBits());
}

}  // namespace

bool replace_types(Module& module, const DebugNodes& nodes) {
  const HeldDeclarations held = held_declarations(nodes);
  DenseMap<const Metadata*, DIType*> replacements;
  for (MDNode* node : nodes.all()) {
    auto* type = dyn_cast<DIType>(node);
    if (!type) continue;
    if (DIType* legal = legal_type(type, held); legal != type) replacements[type] = legal;
  }
  if (replacements.empty()) return false;

  SmallSetVector<MDNode*, 32> users;
  users.insert(nodes.all().begin(), nodes.all().end());
  for (const auto& replacement : replacements) {
    if (replacement.second) users.insert(replacement.second);
  }
  // Unoptimized code says only here what its variables are.
  for (Function& function : module) {
    compat::for_each_variable(function, [&](const compat::VariableLocation& location) {
      users.insert(location.variable);
    });
  }
  for (MDNode* user : users) {
    if (replacements.count(user)) continue;
    for (unsigned i = 0; i < user->getNumOperands(); ++i) {
      Metadata* operand = user->getOperand(i);
      Metadata* legal = operand;
      // A class behind an atomic takes two steps.
      for (auto next = replacements.find(legal); next != replacements.end();
           next = replacements.find(legal)) {
        legal = next->second;
      }
      if (legal != operand) user->replaceOperandWith(i, legal);
    }
  }
  return true;
}

}  // namespace btfreloc::pass
