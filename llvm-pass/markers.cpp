#include "markers.h"

#include "annotation.h"
#include "compat.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

using Globals = SmallPtrSet<const Metadata*, 8>;

/// Without qualifiers, typedefs and array dimensions.
DIType* element_of(DIType* type) {
  while (DICompositeType* array = as_array(type)) type = array->getBaseType();
  return strip_names(type);
}

/// The type itself when it is one of the markers' types, else null.
DICompositeType* as_marker_type(DIType* type) {
  auto* record = dyn_cast_or_null<DICompositeType>(type);
  if (!record) return nullptr;
  StringRef rest = record->getName();
  const bool is_marker = rest.consume_front("Relocatable") && (rest.empty() || rest[0] == '<') &&
                         record->getSizeInBits() == 0;
  return is_marker ? record : nullptr;
}

/// A member `_marker: Relocatable`. It has no size: a record of a program that has this name does.
bool is_marker_member(const Metadata* element) {
  const DIDerivedType* member = as_member(element);
  if (!member) return false;
  return as_marker_type(strip_names(member->getBaseType())) != nullptr;
}

bool replace_marker_members(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    DICompositeType* record = as_record(dyn_cast<DICompositeType>(node));
    if (!record || !any_of(record->getElements(), is_marker_member)) continue;
    SmallVector<Metadata*, 16> members;
    for (Metadata* element : record->getElements()) {
      if (!is_marker_member(element)) members.push_back(element);
    }
    record->replaceOperandWith(compat::kElements, MDNode::get(record->getContext(), members));
    mark_relocatable(*record);
    changed = true;
  }
  return changed;
}

void mark(DIType* type) {
  while (is_pointer(type)) type = pointee_of(type);
  if (DICompositeType* record = as_record(element_of(type))) mark_relocatable(*record);
}

/// Marks what a global of type Relocatable<Record>, or named __btfreloc_*, is about. Returns
/// whether it is such a one.
bool replace_marker_variable(const DIGlobalVariable* variable) {
  DIType* type = element_of(variable->getType());
  if (const DICompositeType* marker = as_marker_type(type)) {
    for (DITemplateParameter* parameter : marker->getTemplateParams()) {
      if (isa<DITemplateTypeParameter>(parameter)) mark(parameter->getType());
    }
    return true;
  }
  StringRef name = variable->getName();
  if (!name.consume_front("__btfreloc_") || !is_pointer(type)) return false;
  mark(type);
  return true;
}

/// Takes them off one of the lists of what the linker must keep.
void remove_from_used(Module& module, StringRef list_name, const Globals& markers,
                      void (*append)(Module&, ArrayRef<GlobalValue*>)) {
  GlobalVariable* list = module.getNamedGlobal(list_name);
  const auto* entries = list ? dyn_cast<ConstantArray>(list->getInitializer()) : nullptr;
  if (!entries) return;
  SmallVector<GlobalValue*, 16> kept;
  for (const Use& entry : entries->operands()) {
    auto* value = cast<GlobalValue>(entry.get()->stripPointerCasts());
    const auto* object = dyn_cast<GlobalObject>(value);
    if (!object || !markers.contains(object->getMetadata(LLVMContext::MD_dbg))) {
      kept.push_back(value);
    }
  }
  if (kept.size() == entries->getNumOperands()) return;
  list->eraseFromParent();
  if (!kept.empty()) append(module, kept);
}

void remove_from_units(Module& module, const Globals& markers) {
  for (DICompileUnit* unit : module.debug_compile_units()) {
    SmallVector<Metadata*, 16> kept;
    for (DIGlobalVariableExpression* global : unit->getGlobalVariables()) {
      if (!markers.contains(global)) kept.push_back(global);
    }
    if (kept.size() == unit->getGlobalVariables().size()) continue;
    unit->replaceGlobalVariables(MDTuple::get(module.getContext(), kept));
  }
}

/// What a marker was about stays in the debug info, for those who ask by name.
void retain_types(Module& module, const Globals& markers) {
  for (DICompileUnit* unit : module.debug_compile_units()) {
    SmallVector<Metadata*, 8> retained;
    if (const auto* old = dyn_cast_or_null<MDTuple>(unit->getRawRetainedTypes())) {
      retained.append(old->op_begin(), old->op_end());
    }
    const std::size_t before = retained.size();
    for (DIGlobalVariableExpression* global : unit->getGlobalVariables()) {
      DIType* type =
          markers.contains(global) ? element_of(global->getVariable()->getType()) : nullptr;
      while (is_pointer(type)) type = pointee_of(type);
      if (DICompositeType* record = as_record(type)) retained.push_back(record);
    }
    if (retained.size() == before) continue;
    unit->replaceRetainedTypes(MDTuple::get(module.getContext(), retained));
  }
}

void remove_globals(Module& module, const Globals& markers) {
  remove_from_used(module, "llvm.used", markers, appendToUsed);
  remove_from_used(module, "llvm.compiler.used", markers, appendToCompilerUsed);
  retain_types(module, markers);
  remove_from_units(module, markers);
  for (GlobalVariable& global : make_early_inc_range(module.globals())) {
    if (!markers.contains(global.getMetadata(LLVMContext::MD_dbg))) continue;
    global.removeDeadConstantUsers();
    // One that the program also reads is only forgotten by the debug info.
    global.eraseMetadata(LLVMContext::MD_dbg);
    if (global.use_empty()) global.eraseFromParent();
  }
}

bool replace_marker_globals(Module& module, const DebugNodes& nodes) {
  Globals markers;
  for (MDNode* node : nodes.all()) {
    const auto* global = dyn_cast<DIGlobalVariableExpression>(node);
    if (global && replace_marker_variable(global->getVariable())) markers.insert(global);
  }
  if (markers.empty()) return false;
  remove_globals(module, markers);
  return true;
}

}  // namespace

bool replace_markers(Module& module, const DebugNodes& nodes) {
  // Globals first: their type is told by its template parameters, not by its members.
  const bool had_globals = replace_marker_globals(module, nodes);
  return replace_marker_members(nodes) || had_globals;
}

}  // namespace btfreloc::pass
