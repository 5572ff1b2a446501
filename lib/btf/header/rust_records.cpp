#include "btf/header/rust_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "btf/legal_names.h"

namespace btfreloc::btf {
namespace {

using Content = RustLayout::PlacedField::Content;

/// Bits that an accessor returns at most; of C's __int128 there are larger bitfields.
constexpr std::uint64_t kMaxBits = 64;

/// Anonymous structs in anonymous structs whose bitfields are found from outside, and how many of
/// those: a file may have the same ones in each other again and again.
constexpr int kDeepestAnonymous = 8;
constexpr std::size_t kMaxRelocated = 1000;

std::string_view keyword_of(const View& view, TypeId id) {
  return view.kind(id) == Kind::kUnion ? "union" : "struct";
}

bool is_record(const View& view, TypeId id) {
  const auto kind = view.kind(view.skip_modifiers_and_typedefs(id));
  return kind && is_composite(*kind);
}

/// What a bitfield is read as; nullopt for what is no integer of Rust's.
struct Scalar {
  bool is_bool;
  bool is_signed;
};
std::optional<Scalar> scalar(const View& view, TypeId id) {
  const Type type = view.decode(view.skip_modifiers_and_typedefs(id));
  if (const auto* i = std::get_if<Int>(&type)) {
    if (!std::has_single_bit(i->size.value) || i->size.value > 16) return std::nullopt;
    return Scalar{.is_bool = i->size.value == 1 && (i->encoding & kIntBool) != 0,
                  .is_signed = (i->encoding & kIntSigned) != 0};
  }
  const auto of_enum = [](const auto& e) -> std::optional<Scalar> {
    if (!std::has_single_bit(e.size.value) || e.size.value > 8) return std::nullopt;
    return Scalar{.is_bool = false, .is_signed = e.is_signed};
  };
  if (const auto* e = std::get_if<Enum>(&type)) return of_enum(*e);
  if (const auto* e = std::get_if<Enum64>(&type)) return of_enum(*e);
  return std::nullopt;
}

}  // namespace

/// Parallel to the layout's fields. Members keep their names, whatever the others are called.
std::vector<std::string> RustRecords::name_fields(const RustLayout& layout) const {
  RustPlace place;
  std::vector<std::string> names(layout.fields.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const RustLayout::PlacedField& field = layout.fields[i];
    if (field.content == Content::member && field.member.member.name.value != 0) {
      names[i] = place.add(module_.view.string(field.member.member.name));
    }
  }
  int anonymous = 0;
  int bitfields = 0;
  int paddings = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const RustLayout::PlacedField& field = layout.fields[i];
    if (field.content == Content::bitfields) {
      names[i] = place.add(fmt::format("_bitfield_{}", ++bitfields));
    } else if (field.content == Content::padding) {
      names[i] = place.add(fmt::format("_padding_{}", ++paddings));
    } else if (names[i].empty()) {
      // The pass leaves out of paths what bindgen calls so.
      const bool is_part = is_record(module_.view, field.member.member.type);
      names[i] =
          place.add(fmt::format("{}_{}", is_part ? "__bindgen_anon" : "_unnamed", ++anonymous));
    }
  }
  return names;
}

void RustRecords::print(TypeId id) {
  std::vector<MisfitField> misfits;
  const RustLayout layout = module_.rust_layouts.of(id, misfits);
  const std::string name = module_.types.name(id);
  const std::vector<std::string> fields = name_fields(layout);
  TextBuffer& out = module_.body;
  out << "\n    #[repr(C";
  if (layout.is_packed) (out << ", packed(").decimal(layout.alignment) << ")";
  out << ")]\n    #[derive(Clone, Copy)]\n    pub " << keyword_of(module_.view, id) << " " << name
      << " {\n";
  module_.types.enter(name.starts_with("r#") ? name.substr(2) : name);
  print_fields(layout, fields);
  for (const MisfitField& misfit : misfits) {
    const StrOff member = members_of(module_.view, id)[misfit.index].name;
    out << "        // " << printable(legal_name(module_.view.string(member)))
        << " is left out: " << text(misfit.reason) << "\n";
    module_.note(member, text(misfit.reason));
  }
  out << "    }\n";
  if (module_.options.co_re) {
    print_relocated(id, name);
  } else {
    print_accessors(id, name, layout, fields);
  }
  if (module_.options.asserts) print_asserts(name, layout, fields);
}

void RustRecords::print_fields(const RustLayout& layout, const std::vector<std::string>& names) {
  TextBuffer& out = module_.body;
  if (layout.alignment_marker != 0) {
    (out << "        _align: [u").decimal(layout.alignment_marker * 8) << "; 0],\n";
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const RustLayout::PlacedField& field = layout.fields[i];
    if (field.content == Content::member) {
      const TypeId type = field.member.member.type;
      out << "        pub " << names[i] << ": "
          << (module_.options.co_re ? module_.types.spell_relocatable(type)
                                    : module_.types.spell(type))
          << ",\n";
    } else {
      (out << "        " << names[i] << ": [u8; ").decimal(field.size.value) << "],\n";
    }
  }
}

/// Parallel to the bitfields; those without a name are for those that have none.
std::vector<RustRecords::Accessor> RustRecords::accessors(
    const std::vector<PlacedField>& bitfields) {
  RustPlace methods;
  std::vector<Accessor> accessors;
  for (const PlacedField& field : bitfields) {
    Accessor& accessor = accessors.emplace_back();
    const auto kind = scalar(module_.view, field.member.type);
    if (field.member.name.value == 0) continue;
    if (!kind || field.size.value == 0 || field.size.value > kMaxBits) {
      module_.note(field.member.name, "a bitfield of a type or size that no accessor has");
      continue;
    }
    accessor.name = methods.add(module_.view.string(field.member.name));
    accessor.type = kind->is_bool ? "bool" : module_.types.spell(field.member.type);
    accessor.is_bool = kind->is_bool;
    accessor.is_signed = kind->is_signed;
  }
  for (Accessor& accessor : accessors) {
    if (accessor.name.empty()) continue;
    const bool is_raw = accessor.name.starts_with("r#");
    accessor.other = methods.add((module_.options.co_re ? "read_" : "set_") +
                                 accessor.name.substr(is_raw ? 2 : 0));
  }
  return accessors;
}

void RustRecords::print_accessors(TypeId id, const std::string& name, const RustLayout& layout,
                                  const std::vector<std::string>& fields) {
  std::vector<PlacedField> bitfields;
  for (const RustLayout::Bitfield& bitfield : layout.bitfields)
    bitfields.push_back(bitfield.member);
  const std::vector<Accessor> accessors = this->accessors(bitfields);
  if (std::ranges::all_of(accessors, [](const Accessor& a) { return a.name.empty(); })) return;
  has_bits_ = true;
  const bool is_union = module_.view.kind(id) == Kind::kUnion;
  const std::string_view opening = is_union ? "unsafe { " : "";
  const std::string_view closing = is_union ? " }" : "";
  TextBuffer& out = module_.body;
  out << "    impl " << name << " {\n";
  for (std::size_t i = 0; i < accessors.size(); ++i) {
    const Accessor& a = accessors[i];
    if (a.name.empty()) continue;
    const RustLayout::Bitfield& bitfield = layout.bitfields[i];
    const std::string bits = fmt::format("self.{}, {}, {}", fields[bitfield.storage],
                                         bitfield.offset.value, bitfield.member.size.value);
    out << "        #[inline(always)]\n        pub const fn " << a.name << "(&self) -> " << a.type
        << " {\n            " << opening << (a.is_signed ? "bits_::get_signed(&" : "bits_::get(&")
        << bits << ")";
    if (a.is_bool) {
      out << closing << " != 0";
    } else {
      out << " as " << a.type << closing;
    }
    out << "\n        }\n        #[inline(always)]\n        pub const fn " << a.other
        << "(&mut self, value: " << a.type << ") {\n            " << opening << "bits_::set(&mut "
        << bits << ", value as u64)" << closing << "\n        }\n";
  }
  out << "    }\n";
}

/// Bitfields of the type and of what has no name in it: C's programs name them alike.
void RustRecords::find_bitfields(TypeId id, int depth, std::vector<PlacedField>& found) {
  std::vector<PlacedField> members;
  std::vector<MisfitField> misfits;
  module_.layouts.fields(id, members, misfits);
  for (const PlacedField& field : members) {
    if (found.size() == kMaxRelocated) return;
    if (field.is_bitfield) {
      found.push_back(field);
    } else if (field.member.name.value == 0 && depth < kDeepestAnonymous &&
               is_record(module_.view, field.member.type)) {
      find_bitfields(module_.view.skip_modifiers_and_typedefs(field.member.type), depth + 1, found);
    }
  }
}

/// CO-RE has another record of the kernel's type, a flavor, with integers in place of bitfields: it
/// is asked where they are, and never in memory. The address of its first member is that of the
/// record, and when the first is a byte, as the address is read, the pass knows neither from the
/// other.
void RustRecords::print_relocated(TypeId id, const std::string& name) {
  const std::string_view kernel_name = module_.view.name(id);
  if (kernel_name.empty()) return;  // which CO-RE could not look for
  std::vector<PlacedField> bitfields;
  find_bitfields(id, 0, bitfields);
  std::erase_if(bitfields, [&](const PlacedField& field) {
    return !is_legal_name(module_.view.string(field.member.name));
  });
  const std::vector<Accessor> accessors = this->accessors(bitfields);
  if (std::ranges::all_of(accessors, [](const Accessor& a) { return a.name.empty(); })) return;
  has_bits_ = true;
  const std::string plain = name.starts_with("r#") ? name.substr(2) : name;
  const bool is_flavor = essential_length(plain) != plain.size();
  const std::string flavor = plain + (is_flavor ? "_bitfields" : "___bitfields");
  const std::string_view keyword = keyword_of(module_.view, id);
  TextBuffer& out = module_.body;
  out << "    #[repr(C)]\n    #[derive(Clone, Copy)]\n    pub " << keyword << " " << flavor
      << " {\n        _first: u32,\n";
  for (std::size_t i = 0; i < accessors.size(); ++i) {
    if (accessors[i].name.empty()) continue;
    out << "        pub " << accessors[i].name << ": "
        << module_.types.spell_relocatable(bitfields[i].member.type) << ",\n";
  }
  out << "    }\n    impl " << name << " {\n";
  for (std::size_t i = 0; i < accessors.size(); ++i) {
    const Accessor& a = accessors[i];
    if (a.name.empty()) continue;
    const std::array<std::pair<std::string_view, std::string_view>, 2> ways = {
        {{a.name, "load_bits_!"}, {a.other, "probe_bits_!"}}};
    for (const auto& [function, macro] : ways) {
      out << "        #[inline(always)]\n        pub unsafe fn " << function
          << "(this: *const Self) -> " << a.type << " {\n            let flavor = this.cast::<"
          << flavor << ">();\n            " << macro << "(flavor, " << (a.is_signed ? "i64" : "u64")
          << ", \"" << keyword << " " << flavor << "\", \""
          << module_.view.string(bitfields[i].member.name) << "\")"
          << (a.is_bool ? " != 0" : " as " + a.type) << "\n        }\n";
    }
  }
  out << "    }\n";
}

void RustRecords::print_asserts(const std::string& name, const RustLayout& layout,
                                const std::vector<std::string>& fields) {
  TextBuffer& out = module_.asserts;
  out << "\n";
  if (module_.pointer_bits() == 32) out << "    #[cfg(target_pointer_width = \"32\")]\n";
  out << "    const _: () = {\n        assert!(::core::mem::size_of::<" << name << ">() == ";
  out.decimal(layout.size.value) << ");\n";
  if (layout.alignment <= module_.rust_layouts.certain_alignment()) {
    out << "        assert!(::core::mem::align_of::<" << name << ">() == ";
    out.decimal(layout.alignment) << ");\n";
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (layout.fields[i].content == Content::padding) continue;
    out << "        assert!(::core::mem::offset_of!(" << name << ", " << fields[i] << ") == ";
    out.decimal(layout.fields[i].offset.value) << ");\n";
  }
  out << "    };\n";
}

}  // namespace btfreloc::btf
