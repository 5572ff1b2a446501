#include "annotation.h"

#include "compat.h"
#include "language_types.h"
#include "llvm/BinaryFormat/Dwarf.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

constexpr const char* kMark = "btfreloc";

/// Whether an operand of `annotations:` says that the record is relocatable.
bool is_annotation(const Metadata* metadata) {
  const auto* pair = dyn_cast_or_null<MDNode>(metadata);
  if (!pair || pair->getNumOperands() != 2) return false;
  const auto* name = dyn_cast_or_null<MDString>(pair->getOperand(0));
  const auto* value = dyn_cast_or_null<MDString>(pair->getOperand(1));
  if (!name || !value) return false;
  if (name->getString() == kMark) return true;
  return name->getString() == "btf_decl_tag" &&
         (value->getString() == "btfreloc" || value->getString() == "preserve_access_index");
}

template <typename Node>
bool has_annotation(const Node* node) {
  const DINodeArray annotations = node->getAnnotations();
  return annotations && any_of(annotations->operands(), is_annotation);
}

bool is_in_scope(const DICompositeType* record, const Options& options) {
  for (const DIScope* scope = record->getScope(); scope; scope = scope->getScope()) {
    if (isa<DILocalScope>(scope)) return false;  // of a function
    if (isa<DINamespace, DIModule>(scope) && is_contained(options.scopes, scope->getName())) {
      return true;
    }
  }
  return false;
}

bool matches_any(const DIType* record, const Options& options) {
  if (record->getName().empty()) return false;
  return any_of(options.structs, [&](const std::string& glob) {
    return matches_glob(glob, record->getName()) || matches_glob(glob, qualified_name(record));
  });
}

/// The record that a member holds by value, through arrays, names and qualifiers.
DICompositeType* held_record(const DIDerivedType* member) {
  DIType* type = member->getBaseType();
  while (DICompositeType* array = as_array(type)) type = array->getBaseType();
  return as_record(type);
}

bool begins_with_bits(const DICompositeType* record) {
  return any_of(record->getElements(), [](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return member && member->isBitField() && member->getOffsetInBits() < 64;
  });
}

bool is_defined_inside(const DICompositeType* inner, const DICompositeType* outer) {
  return inner->getScope() == outer || inner->getName().empty();
}

template <typename Node>
bool strip(Node& node, unsigned operand) {
  if (!has_annotation(&node)) return false;
  SmallVector<Metadata*, 4> kept;
  for (const MDOperand& annotation : node.getAnnotations()->operands()) {
    if (!is_annotation(annotation)) kept.push_back(annotation);
  }
  node.replaceOperandWith(operand, kept.empty() ? nullptr : MDNode::get(node.getContext(), kept));
  return true;
}

}  // namespace

Annotations::Annotations(const DebugNodes& nodes, const Options& options) {
  std::vector<DICompositeType*> annotated;
  for (MDNode* node : nodes.all()) {
    if (auto* derived = dyn_cast<DIDerivedType>(node)) {
      if (derived->getTag() != dwarf::DW_TAG_typedef) continue;
      DICompositeType* record =
          dyn_cast_or_null<DICompositeType>(strip_qualifiers(derived->getBaseType()));
      if (!record || !as_record(record)) continue;
      const bool is_name = record->getName().empty();
      if (is_name) typedefs_.try_emplace(record, derived);
      if (has_annotation(derived) || (is_name && matches_any(derived, options))) {
        annotated.push_back(record);
      }
    } else if (DICompositeType* record = as_record(dyn_cast<DICompositeType>(node))) {
      if (is_annotated(record, options)) annotated.push_back(record);
    }
  }
  for (DICompositeType* record : annotated) inherit(record, options);
}

bool Annotations::is_annotated(const DICompositeType* record, const Options& options) const {
  if (has_annotation(record)) return true;
  return !is_of_language(record) && (is_in_scope(record, options) || matches_any(record, options));
}

void Annotations::inherit(DICompositeType* root, const Options& options) {
  std::vector<DICompositeType*> waiting = {root};
  while (!waiting.empty()) {
    DICompositeType* record = waiting.back();
    waiting.pop_back();
    if (!records_.insert(record).second) continue;
    if (begins_with_bits(record)) with_first_bits_.push_back(record);
    all_.push_back(record);
    for (const Metadata* element : record->getElements()) {
      const DIDerivedType* member = as_member(element);
      DICompositeType* inner = member ? held_record(member) : nullptr;
      if (inner && is_of_language(inner)) inner = as_record(unwrapped(inner));
      if (!inner || is_of_language(inner)) continue;
      if (options.nested == Options::Nested::kInherit || is_defined_inside(inner, record)) {
        waiting.push_back(inner);
      }
    }
  }
}

bool Annotations::concerns(DIType* type) const {
  while (DICompositeType* array = as_array(type)) type = array->getBaseType();
  DICompositeType* record = as_record(type);
  if (!record) return false;
  if (contains(record)) return true;
  const auto [known, is_new] = concerned_.try_emplace(record, false);
  if (!is_new) return known->second;
  const bool concerned = any_of(record->getElements(), [&](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return member && concerns(member->getBaseType());
  });
  return concerned_[record] = concerned;
}

DIType* Annotations::root_of(DICompositeType* record) const {
  if (!record->getName().empty()) return record;
  return typedefs_.lookup(record);
}

void mark_relocatable(DICompositeType& record) {
  if (has_annotation(&record)) return;
  LLVMContext& context = record.getContext();
  SmallVector<Metadata*, 4> annotations;
  if (const DINodeArray old = record.getAnnotations()) {
    annotations.append(old->op_begin(), old->op_end());
  }
  Metadata* mark[] = {MDString::get(context, kMark), MDString::get(context, "relocatable")};
  annotations.push_back(MDNode::get(context, mark));
  record.replaceOperandWith(compat::kCompositeAnnotations, MDNode::get(context, annotations));
}

bool strip_annotations(const DebugNodes& nodes) {
  bool changed = false;
  for (MDNode* node : nodes.all()) {
    if (auto* record = dyn_cast<DICompositeType>(node)) {
      changed |= strip(*record, compat::kCompositeAnnotations);
    } else if (auto* derived = dyn_cast<DIDerivedType>(node)) {
      changed |= derived->getTag() == dwarf::DW_TAG_typedef &&
                 strip(*derived, compat::kDerivedAnnotations);
    }
  }
  return changed;
}

}  // namespace btfreloc::pass
