#include "tagged_unions.h"

#include <string>
#include <vector>

#include "compat.h"
#include "debug_types.h"
#include "legal_names.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

MDNode* decl_tag(LLVMContext& context, const Twine& tag) {
  Metadata* pair[] = {MDString::get(context, "btf_decl_tag"), MDString::get(context, tag.str())};
  return MDNode::get(context, pair);
}

/// A variant as a member of the variant part, with the type of what it holds.
struct Variant {
  const DIDerivedType* member;  ///< Null for a bare DW_TAG_variant.
  DIType* payload;
  const Constant* values;  ///< Null when nothing says which select it.
};

/// How to write the values of a discriminant.
struct Discriminant {
  unsigned bits;
  bool is_signed;

  std::string spelled(const APInt& value) const {
    const APInt sized = is_signed ? value.sextOrTrunc(bits) : value.zextOrTrunc(bits);
    if (bits > 64) return "0x" + StringRef(toString(sized, 16, /*Signed=*/false)).lower();
    return toString(sized, 10, is_signed);
  }

  /// Empty for a constant that is no value or list of ranges.
  std::string spelled(const Constant* values) const {
    if (const auto* value = dyn_cast_or_null<ConstantInt>(values))
      return spelled(value->getValue());
    // Pairs of first and last. Source: DwarfUnit::addDiscriminant() of LLVM 21.
    const auto* ranges = dyn_cast_or_null<ConstantDataArray>(values);
    if (!ranges || !ranges->getElementType()->isIntegerTy()) return "";
    std::string list;
    for (unsigned i = 0; i + 1 < ranges->getNumElements(); i += 2) {
      const std::string first = spelled(ranges->getElementAsAPInt(i));
      const std::string last = spelled(ranges->getElementAsAPInt(i + 1));
      list += (list.empty() ? "" : ",") + first + (first == last ? "" : ".." + last);
    }
    return list;
  }
};

Discriminant discriminant_of(DIType* type) {
  DIType* integer = strip_names(type);
  if (auto* enumeration = dyn_cast_or_null<DICompositeType>(integer)) {
    if (DIType* base = strip_names(enumeration->getBaseType())) integer = base;
  }
  const auto* basic = dyn_cast_or_null<DIBasicType>(integer);
  const bool is_signed = basic && (basic->getEncoding() == dwarf::DW_ATE_signed ||
                                   basic->getEncoding() == dwarf::DW_ATE_signed_char);
  const uint64_t bits = integer ? integer->getSizeInBits() : 0;
  return {.bits = bits ? static_cast<unsigned>(bits) : 64, .is_signed = is_signed};
}

const Constant* constant_of(const DIDerivedType* member) {
  const auto* wrapped = dyn_cast_or_null<ConstantAsMetadata>(member->getExtraData());
  return wrapped ? wrapped->getValue() : nullptr;
}

std::vector<Variant> variants_of(const DICompositeType& part) {
  std::vector<Variant> variants;
  for (Metadata* element : part.getElements()) {
    if (auto* member = dyn_cast_or_null<DIDerivedType>(element)) {
      variants.push_back({member, member->getBaseType(), constant_of(member)});
    } else if (auto* bare = dyn_cast_or_null<DICompositeType>(element)) {
      variants.push_back({nullptr, bare, nullptr});
    }
  }
  return variants;
}

/// Writes the member list of the union that stands for a variant part.
class UnionBuilder {
 public:
  UnionBuilder(DICompositeType& record, DICompositeType& type)
      : context_(record.getContext()), record_(record), type_(type) {}

  void add_discriminant(const DIDerivedType& discriminator) {
    DIType* type = discriminator.getBaseType();
    if (!type) return;
    if (discriminator.getOffsetInBits() != 0) type = wrap(discriminator, type);
    add("", &discriminator, type, "discriminant");
  }

  void add_variant(const Variant& variant, StringRef tag) {
    DIType* payload = variant.payload;
    auto* composite = dyn_cast_or_null<DICompositeType>(payload);
    if (composite && composite->getTag() == dwarf::DW_TAG_variant) {
      // Its members are members of the record: their offsets count from there.
      payload = make_struct(composite->getElements());
    }
    if (!payload) payload = make_struct(nullptr);
    const DIDerivedType* member = variant.member;
    if (member && member->getOffsetInBits() != 0) payload = wrap(*member, payload);
    add(member ? member->getName() : "", member, payload, tag);
  }

  void finish() { type_.replaceOperandWith(compat::kElements, MDNode::get(context_, members_)); }

 private:
  /// An unnamed structure of the record's size.
  DICompositeType* make_struct(DINodeArray elements) {
    DICompositeType* result = compat::make_composite(context_, {.tag = dwarf::DW_TAG_structure_type,
                                                                .name = "",
                                                                .scope = &record_,
                                                                .size = record_.getSizeInBits()});
    if (elements) result->replaceOperandWith(compat::kElements, elements.get());
    return result;
  }

  /// An unnamed structure of the record's size that holds a member of that type at its offset.
  DICompositeType* wrap(const DIDerivedType& member, DIType* type) {
    DICompositeType* wrapper = make_struct(nullptr);
    Metadata* inner = compat::make_derived(context_, {.tag = dwarf::DW_TAG_member,
                                                      .name = "",
                                                      .scope = wrapper,
                                                      .base = type,
                                                      .size = member.getSizeInBits(),
                                                      .offset = member.getOffsetInBits()});
    wrapper->replaceOperandWith(compat::kElements, MDNode::get(context_, inner));
    return wrapper;
  }

  void add(StringRef name, const DIDerivedType* source, DIType* type, StringRef tag) {
    compat::Derived member = {.tag = dwarf::DW_TAG_member,
                              .name = name,
                              .scope = &type_,
                              .base = type,
                              .size = type->getSizeInBits()};
    if (source) {
      member.file = source->getFile();
      member.line = source->getLine();
    }
    SmallVector<Metadata*, 2> tags;
    if (!tag.empty()) tags.push_back(decl_tag(context_, tag));
    if (!is_legal_name(name)) tags.push_back(decl_tag(context_, "name=" + name));
    if (!tags.empty()) member.annotations = MDNode::get(context_, tags);
    members_.push_back(compat::make_derived(context_, member));
  }

  LLVMContext& context_;
  DICompositeType& record_;
  DICompositeType& type_;
  SmallVector<Metadata*, 8> members_;
};

}  // namespace

bool is_variant_part(const Metadata* element) {
  const auto* composite = dyn_cast_or_null<DICompositeType>(element);
  return composite && composite->getTag() == dwarf::DW_TAG_variant_part;
}

DIDerivedType* lower_variant_part(DICompositeType& record, const DICompositeType& part) {
  LLVMContext& context = record.getContext();
  DICompositeType* type = compat::make_composite(context, {.tag = dwarf::DW_TAG_union_type,
                                                           .name = "",
                                                           .file = part.getFile(),
                                                           .line = part.getLine(),
                                                           .scope = &record,
                                                           .size = record.getSizeInBits(),
                                                           .align = record.getAlignInBits()});
  UnionBuilder members(record, *type);
  const DIDerivedType* discriminator = part.getDiscriminator();
  if (discriminator) members.add_discriminant(*discriminator);
  const Discriminant discriminant =
      discriminant_of(discriminator ? discriminator->getBaseType() : nullptr);

  const std::vector<Variant> variants = variants_of(part);
  // Of several variants without a value, nobody can say which is selected.
  const bool has_default =
      count_if(variants, [](const Variant& variant) { return !variant.values; }) == 1;
  for (const Variant& variant : variants) {
    std::string values = discriminant.spelled(variant.values);
    if (!variant.values && has_default) values = "default";
    members.add_variant(variant, values.empty() ? values : "discriminant=" + values);
  }
  members.finish();
  return compat::make_derived(context, {.tag = dwarf::DW_TAG_member,
                                        .name = "",
                                        .file = part.getFile(),
                                        .line = part.getLine(),
                                        .scope = &record,
                                        .base = type,
                                        .size = type->getSizeInBits()});
}

void add_decl_tag(DICompositeType& record, const Twine& tag) {
  SmallVector<Metadata*, 4> annotations;
  if (const DINodeArray old = record.getAnnotations()) {
    annotations.append(old->op_begin(), old->op_end());
  }
  annotations.push_back(decl_tag(record.getContext(), tag));
  record.replaceOperandWith(compat::kCompositeAnnotations,
                            MDNode::get(record.getContext(), annotations));
}

}  // namespace btfreloc::pass
