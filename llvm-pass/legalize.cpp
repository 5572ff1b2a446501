#include "legalize.h"

#include <algorithm>
#include <vector>

#include "annotation.h"
#include "compat.h"
#include "legal_names.h"
#include "legal_types.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "markers.h"
#include "tagged_unions.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

void rename(MDNode& node, unsigned operand, StringRef name) {
  node.replaceOperandWith(operand, name.empty() ? nullptr : MDString::get(node.getContext(), name));
}

bool has_tag(const DICompositeType* type, unsigned tag) { return type && type->getTag() == tag; }

// ---------------------------------------------------------------------------- member lists

/// Whether a base class lies where the record says. One that is virtual lies where the object says,
/// and one whose own virtual bases were moved may seem to reach past the end.
bool can_be_member(const DICompositeType& record, const DIDerivedType& base_class) {
  if (base_class.isVirtual()) return false;
  const uint64_t end = base_class.getOffsetInBits() + size_of(base_class.getBaseType()) * 8;
  return end <= record.getSizeInBits();
}

/// A base class as an unnamed member, as C would have it.
DIDerivedType* make_member_of_base(DICompositeType& record, const DIDerivedType& base_class) {
  DIType* base = base_class.getBaseType();
  return compat::make_derived(record.getContext(), {.tag = dwarf::DW_TAG_member,
                                                    .name = "",
                                                    .file = base_class.getFile(),
                                                    .line = base_class.getLine(),
                                                    .scope = &record,
                                                    .base = base,
                                                    .size = size_of(base) * 8,
                                                    .offset = base_class.getOffsetInBits()});
}

/// The member that an element of a record becomes: itself when it is one, null for methods, static
/// members, nested types and friends.
Metadata* legal_member(DICompositeType& record, Metadata* element) {
  if (is_variant_part(element)) {
    return lower_variant_part(record, *cast<DICompositeType>(element));
  }
  const DIDerivedType* member = as_member(element);
  if (!member) return nullptr;
  if (member->getTag() != dwarf::DW_TAG_inheritance) return element;
  return can_be_member(record, *member) ? make_member_of_base(record, *member) : nullptr;
}

uint64_t bit_offset(const Metadata* member) {
  return cast<DIDerivedType>(member)->getOffsetInBits();
}

/// Tagged unions become unions, base classes unnamed members; what is no member goes, and the
/// others are sorted by offset (Rust declares them in another order than it lays them out).
bool legalize_members(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* record = dyn_cast<DICompositeType>(node);
    if (!record || as_record(record) != record || !record->getRawElements()) continue;
    if (any_of(record->getElements(), is_variant_part) && !is_legal_name(record->getName())) {
      add_decl_tag(*record, "name=" + record->getName());
    }
    SmallVector<Metadata*, 16> members;
    for (Metadata* element : record->getElements()) {
      if (Metadata* member = legal_member(*record, element)) members.push_back(member);
    }
    stable_sort(members,
                [](const Metadata* a, const Metadata* b) { return bit_offset(a) < bit_offset(b); });
    const auto* old = cast<MDTuple>(record->getRawElements());
    if (equal(members, old->operands())) continue;
    record->replaceOperandWith(compat::kElements, MDNode::get(record->getContext(), members));
    changed = true;
  }
  return changed;
}

/// bindgen names what has no name in C: `__bindgen_anon_1`, of type `task_struct__bindgen_ty_1`.
bool drop_made_up_names(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* member = dyn_cast<DIDerivedType>(node);
    if (!member || !as_member(member) ||
        !compat::starts_with(member->getName(), "__bindgen_anon_")) {
      continue;
    }
    DICompositeType* record = as_record(member->getBaseType());
    if (!record) continue;
    rename(*member, compat::kTypeName, "");
    if (record->getName().contains("__bindgen_ty_")) rename(*record, compat::kTypeName, "");
    changed = true;
  }
  return changed;
}

// ---------------------------------------------------------------- arrays and enumerations

/// The bound, when it is a number.
const ConstantInt* constant(DISubrange::BoundType bound) {
  return bound.isNull() ? nullptr : dyn_cast<ConstantInt*>(bound);
}

/// The range as a number of elements, which is all that the backend reads: itself when it is one.
/// A length that only the running program knows becomes that of a flexible array.
Metadata* counted(Metadata* element, LLVMContext& context) {
  constexpr int64_t kFlexible = -1;
  const auto* range = dyn_cast_or_null<DISubrange>(element);
  if (!range) return DISubrange::get(context, kFlexible);
  if (constant(range->getCount())) return element;
  const ConstantInt* first = constant(range->getLowerBound());
  const ConstantInt* last = constant(range->getUpperBound());
  if (!last || (!first && range->getRawLowerBound())) return DISubrange::get(context, kFlexible);
  const int64_t start = first ? first->getSExtValue() : 0;
  return DISubrange::get(context, std::max<int64_t>(last->getSExtValue() - start + 1, 0));
}

bool count_array_elements(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* array = dyn_cast<DICompositeType>(node);
    if (!has_tag(array, dwarf::DW_TAG_array_type)) continue;
    LLVMContext& context = array->getContext();
    SmallVector<Metadata*, 4> ranges;
    for (Metadata* range : array->getElements()) ranges.push_back(counted(range, context));
    if (ranges.empty()) ranges.push_back(counted(nullptr, context));
    const auto* old = cast_or_null<MDTuple>(array->getRawElements());
    if (old && equal(ranges, old->operands())) continue;
    array->replaceOperandWith(compat::kElements, MDNode::get(context, ranges));
    changed = true;
  }
  return changed;
}

/// The backend takes the integer type of an enumeration to be no typedef, as `enum E : u8` has it.
bool bare_enumeration_types(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* enumeration = dyn_cast<DICompositeType>(node);
    if (!has_tag(enumeration, dwarf::DW_TAG_enumeration_type)) continue;
    DIType* integer = enumeration->getBaseType();
    if (!integer || isa<DIBasicType>(integer)) continue;
    enumeration->replaceOperandWith(compat::kBaseType,
                                    dyn_cast_or_null<DIBasicType>(strip_names(integer)));
    changed = true;
  }
  return changed;
}

// ------------------------------------------------------------------------------- functions

/// A function type starts with the type of the result. The backend takes that for granted, but
/// clang leaves it out for the functions that initialize C++ globals.
bool complete_signatures(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* type = dyn_cast<DISubroutineType>(node);
    if (!type || type->getTypeArray().size() > 0) continue;
    Metadata* nothing = nullptr;
    type->replaceOperandWith(compat::kSignature, MDNode::get(type->getContext(), nothing));
    changed = true;
  }
  return changed;
}

using ParameterNames = SmallVector<DILocalVariable*, 8>;  // by number, from 0

/// Variables that only the code mentions, as in an unoptimized function. There must never be two
/// for one parameter.
void find_parameters(Function& function, const DISubprogram* subprogram, ParameterNames& found) {
  compat::for_each_variable(function, [&](const compat::VariableLocation& location) {
    DILocalVariable* variable = location.variable;
    const unsigned number = variable->getArg();
    if (number == 0 || number > found.size() || found[number - 1]) return;
    if (variable->getScope()->getSubprogram() == subprogram) found[number - 1] = variable;
  });
}

/// A parameter's name comes from a variable that the function retains.
bool name_parameters(Function& function, DISubprogram* subprogram) {
  const DITypeRefArray types = subprogram->getType()->getTypeArray();
  // The first is the type of the result. One without a type is `...`, and has no name.
  std::size_t count = types.size() > 0 ? types.size() - 1 : 0;
  while (count > 0 && !types[count]) --count;
  ParameterNames parameters(count, nullptr);
  for (DINode* node : subprogram->getRetainedNodes()) {
    auto* variable = dyn_cast_or_null<DILocalVariable>(node);
    const unsigned number = variable ? variable->getArg() : 0;
    if (number > 0 && number <= count) parameters[number - 1] = variable;
  }

  bool changed = false;
  if (is_contained(parameters, nullptr)) {
    SmallVector<Metadata*, 8> retained;
    for (DINode* node : subprogram->getRetainedNodes()) retained.push_back(node);
    const ParameterNames known = parameters;
    find_parameters(function, subprogram, parameters);
    for (std::size_t i = 0; i < count; ++i) {
      if (known[i]) continue;
      if (!parameters[i]) {
        parameters[i] = DILocalVariable::get(
            function.getContext(), subprogram, "", subprogram->getFile(), subprogram->getLine(),
            types[i + 1], i + 1, DINode::FlagArtificial, 0, nullptr);
      }
      retained.push_back(parameters[i]);
    }
    subprogram->replaceOperandWith(compat::kRetainedNodes,
                                   MDNode::get(function.getContext(), retained));
    changed = true;
  }
  for (DILocalVariable* parameter : parameters) {
    const StringRef name = parameter->getName();
    if (!name.empty() && is_legal_name(name)) continue;
    rename(*parameter, compat::kLocalVariableName,
           name.empty() ? "arg" + std::to_string(parameter->getArg()) : legal_spelling(name));
    changed = true;
  }
  return changed;
}

/// Every parameter of a function that has code gets a name.
bool name_parameters(Module& module) {
  bool changed = false;
  for (Function& function : module) {
    DISubprogram* subprogram = function.getSubprogram();
    if (function.isDeclaration() || !subprogram || !subprogram->getType()) continue;
    changed |= name_parameters(function, subprogram);
  }
  return changed;
}

// ----------------------------------------------------------------------------------- names

/// Pointers, qualifiers and arrays may not have a name, as Rust gives them.
bool drop_names(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* type = dyn_cast<DIType>(node);
    if (!type || type->getName().empty()) continue;
    switch (type->getTag()) {
      case dwarf::DW_TAG_pointer_type:
      case dwarf::DW_TAG_const_type:
      case dwarf::DW_TAG_volatile_type:
      case dwarf::DW_TAG_restrict_type:
      case dwarf::DW_TAG_array_type:
      case dwarf::DW_TAG_subroutine_type:
        rename(*type, compat::kTypeName, "");
        changed = true;
        break;
      default: break;
    }
  }
  return changed;
}

/// Whether a type's name is one that BTF keeps.
bool is_named_kind(const DIType* type) {
  switch (type->getTag()) {
    case dwarf::DW_TAG_structure_type:
    case dwarf::DW_TAG_union_type:
    case dwarf::DW_TAG_enumeration_type:
    case dwarf::DW_TAG_typedef: return true;
    default: return false;
  }
}

bool must_have_name(const DIType* type) {
  return type->getTag() == dwarf::DW_TAG_typedef ||
         (type->isForwardDecl() && type->getTag() != dwarf::DW_TAG_enumeration_type);
}

/// The record whose name this is: the type, or one without a name behind a typedef.
const DICompositeType* named_record(DIType* type) {
  const DICompositeType* record = as_record(type);
  return record && (record == type || record->getName().empty()) ? record : nullptr;
}

/// Structures, unions, enumerations and typedefs. Those of the kernel get the name that it has for
/// them, whoever else has it, since that is what relocations go by; a glob must still select them.
bool legalize_type_names(const DebugNodes& nodes, const Options& options) {
  std::vector<DIType*> named;
  for (MDNode* node : nodes.all()) {
    auto* type = dyn_cast<DIType>(node);
    if (type && is_named_kind(type)) named.push_back(type);
  }
  bool changed = false;
  for (DIType* type : named) {
    if (!type->getName().empty() || !must_have_name(type)) continue;
    rename(*type, compat::kTypeName, "_");
    changed = true;
  }
  if (all_of(named, [](const DIType* type) { return is_legal_name(type->getName()); })) {
    return changed;
  }

  const Annotations annotations(nodes, options);
  NameSpace names;
  DenseMap<DIType*, std::string> kernel_names;
  for (DIType* type : named) {
    const DICompositeType* record = named_record(type);
    if (type->getName().empty()) continue;
    if (!record || !annotations.contains(record)) {
      names.add(type->getName(), qualified_name(type));
      continue;
    }
    std::string name = legal_spelling(last_component(type->getName()));
    names.add(name);
    kernel_names[type] = std::move(name);
  }
  // All before the first is given: what encloses a type is part of its identity.
  std::vector<std::pair<DIType*, std::string>> renamed;
  for (DIType* type : named) {
    if (is_legal_name(type->getName())) continue;
    const auto kernel_name = kernel_names.find(type);
    renamed.emplace_back(type, kernel_name != kernel_names.end()
                                   ? kernel_name->second
                                   : names.legal_name(type->getName(), qualified_name(type)));
  }
  for (const auto& [type, name] : renamed) {
    if (kernel_names.count(type)) mark_relocatable(*as_record(type));
    rename(*type, compat::kTypeName, name);
  }
  return true;
}

/// Names of the members or enumerators of one type, which must stay different from each other.
template <typename Node>
bool legalize_list(DINodeArray list, unsigned name_operand) {
  SmallVector<Node*, 16> named;
  for (Metadata* element : list) {
    if (auto* node = dyn_cast_or_null<Node>(element)) named.push_back(node);
  }
  if (all_of(named, [](const Node* node) { return is_legal_name(node->getName()); })) return false;
  NameSpace names;
  for (const Node* node : named) names.add(node->getName());
  for (Node* node : named) {
    if (is_legal_name(node->getName())) continue;
    rename(*node, name_operand, names.legal_name(node->getName()));
  }
  return true;
}

/// An enumerator cannot be without a name.
bool name_enumerators(DINodeArray enumerators) {
  bool changed = false;
  unsigned index = 0;
  for (Metadata* element : enumerators) {
    auto* enumerator = dyn_cast_or_null<DIEnumerator>(element);
    if (enumerator && enumerator->getName().empty()) {
      rename(*enumerator, compat::kEnumeratorName, "_" + std::to_string(index));
      changed = true;
    }
    ++index;
  }
  return changed;
}

bool legalize_member_names(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    auto* type = dyn_cast<DICompositeType>(node);
    if (!type || !type->getRawElements()) continue;
    if (type->getTag() == dwarf::DW_TAG_enumeration_type) {
      changed |= name_enumerators(type->getElements());
      changed |= legalize_list<DIEnumerator>(type->getElements(), compat::kEnumeratorName);
    } else if (as_record(type) == type) {
      changed |= legalize_list<DIDerivedType>(type->getElements(), compat::kTypeName);
    }
  }
  return changed;
}

/// Functions that no source names, as C++ needs to initialize globals, have that of their symbol.
StringRef name_of(const DISubprogram* function) {
  return function->getName().empty() ? function->getLinkageName() : function->getName();
}

bool has_legal_name(const DISubprogram* function) {
  return !function->getName().empty() && is_legal_name(function->getName());
}

bool legalize_function_names(const DebugNodes& nodes) {
  std::vector<DISubprogram*> functions;
  for (MDNode* node : nodes.all()) {
    auto* function = dyn_cast<DISubprogram>(node);
    if (function && !name_of(function).empty()) functions.push_back(function);
  }
  if (all_of(functions, has_legal_name)) return false;
  NameSpace names;
  for (const DISubprogram* function : functions) names.add(name_of(function));
  for (DISubprogram* function : functions) {
    if (has_legal_name(function)) continue;
    rename(*function, compat::kSubprogramName, names.legal_name(name_of(function)));
  }
  return true;
}

/// A variable has the name of its symbol, which is free to change where no other module sees it.
bool legalize_variable_names(Module& module) {
  bool changed = false;
  for (GlobalVariable& variable : module.globals()) {
    const StringRef name = variable.getName();
    if (!variable.hasLocalLinkage() || !variable.getMetadata(LLVMContext::MD_dbg)) continue;
    if (!name.empty() && is_legal_variable_name(name)) continue;
    variable.setName(name.empty() ? "_" : legal_spelling(name));
    changed = true;
  }
  return changed;
}

}  // namespace

bool legalize_debug_info(Module& module, const Options& options) {
  DebugNodes nodes(module);
  // While the types that the markers mark are still told by name.
  bool changed = replace_markers(module, nodes);
  if (replace_types(module, nodes)) {
    nodes = DebugNodes(module);
    changed = true;
  }
  // Again for the records that this makes of variants.
  while (legalize_members(nodes)) {
    nodes = DebugNodes(module);
    changed = true;
  }
  changed |= drop_made_up_names(nodes);
  changed |= count_array_elements(nodes);
  changed |= bare_enumeration_types(nodes);
  changed |= complete_signatures(nodes);
  changed |= name_parameters(module);
  changed |= drop_names(nodes);
  changed |= legalize_type_names(nodes, options);
  changed |= legalize_member_names(nodes);
  changed |= legalize_function_names(nodes);
  changed |= legalize_variable_names(module);
  return changed;
}

}  // namespace btfreloc::pass
