#include "btf/header/c_definitions.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "btf/header/c_words.h"
#include "btf/legal_names.h"

namespace btfreloc::btf {
namespace {

constexpr NameRules kRulesForMembers{.is_reserved = is_c_keyword};

/// C23 has `bool`, `true` and `false` built in, and no other declarations of them.
constexpr std::string_view kBeforeC23 =
    "#if !defined(__STDC_VERSION__) || __STDC_VERSION__ <= 201710L\n";

/// Records of types that are written out where they are referred to, for all types together and for
/// each 12 bytes of types. Kernels need less than one: few types share one without a name.
constexpr std::uint64_t kNestedPerRecord = 2;
constexpr std::uint64_t kNestedAnyway = 10'000;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Where a compiler puts a member behind what ends at `end`.
Bits natural_place(const PlacedField& field, const TypeLayout& type, Bits end, bool is_packed) {
  const std::uint64_t alignment = is_packed ? 1 : type.alignment.value * 8;
  if (!field.is_bitfield) return {round_up(end.value, std::max<std::uint64_t>(alignment, 8))};
  const bool fits = is_packed || end.value % alignment + field.size.value <= type.size.value * 8;
  return fits ? end : Bits{round_up(end.value, alignment)};
}

}  // namespace

CDefinitions::CDefinitions(const HeaderSelection& selection, Layouts& layouts, HeaderNames& names)
    : selection_(selection),
      view_(selection.view()),
      layouts_(layouts),
      names_(names),
      types_(view_, layouts, names),
      members_(view_, kRulesForMembers),
      padding_(layouts.model().pointer_size),
      nested_(view_.size()),
      budget_(kNestedAnyway +
              kNestedPerRecord * (view_.header().types_size / size_of(Record::member))) {}

void CDefinitions::print(TextBuffer& out, TypeId id, std::vector<Need>& needs,
                         std::span<const TypeId> loops) {
  out_ = &out;
  needs_ = &needs;
  first_need_ = needs.size();
  loops_.assign(loops.begin(), loops.end());
  std::ranges::sort(loops_);
  type_ = id;
  ++prints_;
  switch (view_.kind(id).value_or(Kind::kVoid)) {
    case Kind::kTypedef: return print_typedef(id);
    case Kind::kFunc: return print_function(id);
    case Kind::kEnum:
    case Kind::kEnum64: return print_enum(id);
    case Kind::kStruct:
    case Kind::kUnion:
      members_.clear();
      print_composite(id, names_.of(id), 0);
      out << ";\n\n";
      return;
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kPtr:
    case Kind::kArray:
    case Kind::kFwd:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kFuncProto:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kFloat:
    case Kind::kDeclTag:
    case Kind::kTypeTag: return;
  }
}

void CDefinitions::print_typedef(TypeId id) {
  const TypeId target{view_.third_word(id)};
  const std::string_view name = names_.of(id);
  const bool is_in_c23 = name == "bool";
  members_.clear();
  if (is_in_c23) *out_ << kBeforeC23;
  *out_ << "typedef ";
  const Kind base = layouts_.base_kind(id);
  if (base == Kind::kVoid || (base == Kind::kArray && !layouts_.is_object(id))) {
    (*out_ << "void ") << name;
    if (view_.skip_modifiers_and_typedefs(id).value != 0) note({}, "C has no such type");
  } else {
    declare(target, name, Use::name, 0);
  }
  *out_ << (is_in_c23 ? ";\n#endif\n\n" : ";\n\n");
}

void CDefinitions::print_function(TypeId id) {
  const TypeId type{view_.third_word(id)};
  const Type decoded = view_.decode(type);
  const auto* proto = std::get_if<FuncProto>(&decoded);
  if (proto == nullptr || !may_write_out(type)) {
    note({}, "C has no such function");
    return;
  }
  members_.clear();
  *out_ << "extern ";
  const bool returns_value = !is_array_or_function(proto->return_type);
  if (returns_value) {
    print_left(proto->return_type, Use::param, 0);
  } else {
    *out_ << "void ";
  }
  *out_ << names_.of(id);
  print_params(*proto, /*has_names=*/true, 0);
  if (returns_value) print_right(proto->return_type, Use::param, 0);
  *out_ << " __weak __ksym;\n";
}

void CDefinitions::print_enum(TypeId id) {
  if (view_.info(id).vlen == 0 || !layouts_.is_object(id) || written_.contains(id.value)) return;
  written_[id.value] = {.in = id, .print = prints_};
  const bool is_in_c23 = this->is_in_c23(id);
  if (is_in_c23) *out_ << kBeforeC23;
  print_enum_body(id, names_.of(id), 0);
  *out_ << (is_in_c23 ? ";\n#endif\n\n" : ";\n\n");
}

void CDefinitions::print_composite(TypeId id, std::string_view name, int indent) {
  const RecordLayout layout = layouts_.record(id);
  *out_ << (view_.kind(id) == Kind::kUnion ? "union " : "struct ");
  if (!name.empty()) *out_ << name << ' ';
  *out_ << '{';
  const std::size_t empty = out_->size();
  const std::uint64_t alignment = print_fields(id, layout, indent + 1);
  if (out_->size() != empty) indent_by(indent);
  *out_ << '}';
  if (layout.is_packed) *out_ << " __attribute__((packed))";
  if (alignment < layout.alignment.value) {
    (*out_ << " __attribute__((aligned(").decimal(layout.alignment.value) << ")))";
  }
}

/// Prints members and the padding between them, and returns the alignment they give the struct.
std::uint64_t CDefinitions::print_fields(TypeId id, const RecordLayout& layout, int indent) {
  const bool is_union = view_.kind(id) == Kind::kUnion;
  const auto pad = [&](Bits from, Bits to) {
    padding_.print(*out_, from, to, layout.alignment, layout.is_packed, indent);
  };
  if (layout.size.value != 0 || view_.info(id).vlen != 0) *out_ << '\n';
  std::uint64_t alignment = 1;
  Bits end{0};
  const auto print_one = [&](const PlacedField& field) {
    const TypeLayout type = *layouts_.of(field.member.type);
    if (!is_union && natural_place(field, type, end, layout.is_packed) != field.member.offset) {
      pad(end, field.member.offset);
      end = field.member.offset;
    }
    if (!print_field(field, indent)) return;
    if (!layout.is_packed) alignment = std::max(alignment, type.alignment.value);
    end = std::max(end, field.end());
  };
  if (!layouts_.for_each_regular_field(id, print_one)) {
    std::vector<PlacedField> fields;
    std::vector<MisfitField> misfits;
    layouts_.fields(id, fields, misfits);
    for (const MisfitField& misfit : misfits) print_misfit(id, misfit, indent);
    for (const PlacedField& field : fields) print_one(field);
  }
  const Bits size = layout.size;
  if (round_up(end.value, layout.alignment.value * 8) != size.value) {
    if (is_union) {
      print_union_padding(end, layout, indent);
    } else {
      pad(end, size);
    }
  }
  return alignment;
}

/// Prints a member, unless it has neither a name nor members: then it is padding.
bool CDefinitions::print_field(const PlacedField& field, int indent) {
  if (view_.first_char(field.member.name) == '\0') return print_unnamed_field(field, indent);
  indent_by(indent);
  const std::string_view name = members_.add(field.member.name);
  declare(field.member.type, name, Use::contents, indent);
  if (field.is_bitfield) (*out_ << ": ").decimal(field.size.value);
  *out_ << ";\n";
  return true;
}

/// A struct or union without a name; or one with a name that is a member without one, which C takes
/// only with -fms-extensions.
bool CDefinitions::print_unnamed_field(const PlacedField& field, int indent) {
  const TypeId type = view_.skip_modifiers_and_typedefs(field.member.type);
  if (!is_composite(view_.kind(type).value_or(Kind::kVoid))) return false;
  if (!may_write_out(type)) {
    note({}, "a member without a name has too many members");
    return false;
  }
  indent_by(indent);
  print_composite(type, {}, indent);
  *out_ << ";\n";
  return true;
}

void CDefinitions::print_misfit(TypeId id, const MisfitField& misfit, int indent) {
  const Type type = view_.decode(id);
  const auto* record = std::get_if<Struct>(&type);
  const Member member = record != nullptr ? record->members[misfit.index]
                                          : std::get<Union>(type).members[misfit.index];
  const std::string_view name = view_.string(member.name);
  indent_by(indent);
  *out_ << "/* " << (name.empty() ? "(anon)" : legal_name(name, kLongestNameInHeader)) << ": "
        << text(misfit.reason);
  *out_ << " */\n";
  note(name, text(misfit.reason));
}

/// A union is as large as its largest member: a bitfield, or a struct of nothing but padding.
void CDefinitions::print_union_padding(Bits end, const RecordLayout& layout, int indent) {
  const Bits size = layout.size;
  if (end >= size) return;
  const ByteCount alignment_of_8 = layouts_.model().alignment_of_8;
  const bool is_aligned = layout.alignment >= std::min(layout.size, alignment_of_8);
  if (size <= Bits{64} && std::has_single_bit(layout.size.value) && is_aligned) {
    padding_.print(*out_, {0}, size, layout.size, layout.is_packed, indent);
    return;
  }
  indent_by(indent);
  *out_ << "struct {\n";
  padding_.print(*out_, {0}, size, layout.alignment, layout.is_packed, indent + 1);
  indent_by(indent);
  *out_ << "};\n";
}

void CDefinitions::print_enum_body(TypeId id, std::string_view name, int indent) {
  *out_ << "enum ";
  if (!name.empty()) *out_ << name << ' ';
  *out_ << "{\n";
  const Type type = view_.decode(id);
  if (const auto* small = std::get_if<Enum>(&type)) print_enumerators(*small, id, indent + 1);
  if (const auto* large = std::get_if<Enum64>(&type)) print_enumerators(*large, id, indent + 1);
}

template <class Enumeration>
void CDefinitions::print_enumerators(const Enumeration& enumeration, TypeId id, int indent) {
  const std::uint64_t bits = enumeration.size.value * 8;
  const std::uint64_t unused = bits < 64 ? 64 - bits : 0;
  const bool is_signed = this->is_signed(enumeration);
  const bool is_whole = selection_.extent(id) == Extent::whole;
  bool is_wide = false;
  std::uint32_t index = 0;
  for (const Enumerator enumerator : enumeration.values) {
    const std::uint32_t at = index++;
    if (!is_whole && !selection_.has_record(id, at)) continue;
    indent_by(indent);
    *out_ << names_.of_enumerator(id, at, enumerator.name) << " = ";
    if (is_signed) {
      const auto value = static_cast<std::int64_t>(enumerator.value << unused) >> unused;
      const bool is_large = value != static_cast<std::int32_t>(value);
      if (value == INT64_MIN) {
        *out_ << "(-9223372036854775807LL - 1)";  // the number alone is not negative in C
      } else {
        out_->decimal(value) << (is_large ? "LL" : "");
      }
      is_wide |= is_large;
    } else {
      const std::uint64_t value = enumerator.value << unused >> unused;
      out_->decimal(value) << (value > UINT32_MAX ? "ULL" : "");
      is_wide |= value > UINT32_MAX;
    }
    *out_ << ",\n";
  }
  indent_by(indent - 1);
  *out_ << '}';
  switch (enumeration.size.value) {
    case 1: *out_ << " __attribute__((mode(QI)))"; break;
    case 2: *out_ << " __attribute__((mode(HI)))"; break;
    case 8: *out_ << (is_wide ? "" : " __attribute__((mode(DI)))"); break;
    default: break;
  }
}

/// Before Linux 6.0, no enum says that it is signed, and -1 is the largest number.
template <class Enumeration>
bool CDefinitions::is_signed(const Enumeration& enumeration) {
  if (enumeration.is_signed || enumeration.size.value != 4 || has_signed_enums()) {
    return enumeration.is_signed;
  }
  constexpr std::uint64_t kSmallNegative = 0xffff0000;
  return std::ranges::any_of(enumeration.values, [](const Enumerator& enumerator) {
    return enumerator.value >= kSmallNegative && enumerator.value <= UINT32_MAX;
  });
}

bool CDefinitions::has_signed_enums() {
  if (!has_signed_enums_) {
    has_signed_enums_ = false;
    for (TypeId id{1}; id.value < view_.size() && !*has_signed_enums_; ++id.value) {
      const auto kind = view_.kind(id);
      has_signed_enums_ = kind && is_enum(*kind) && view_.info(id).kind_flag;
    }
  }
  return *has_signed_enums_;
}

/// `enum { false, true }`.
bool CDefinitions::is_in_c23(TypeId id) const {
  const Type type = view_.decode(id);
  const auto* values = std::get_if<Enum>(&type);
  if (values == nullptr || values->values.size() != 2) return false;
  return view_.string_is(values->values[0].name, "false") &&
         view_.string_is(values->values[1].name, "true");
}

void CDefinitions::print_tag(TextBuffer& out, TypeId id) const {
  const Info info = view_.info(id);
  const bool is_union = info.kind == static_cast<std::uint8_t>(Kind::kUnion) ||
                        (info.kind == static_cast<std::uint8_t>(Kind::kFwd) && info.kind_flag);
  out << (is_union ? "union " : "struct ") << names_.of(id) << ";\n\n";
}

void CDefinitions::note(std::optional<std::string_view> member, std::string_view reason) {
  if (notes_.size() < kMaxNotes) notes_.push_back({type_, member, reason});
}

}  // namespace btfreloc::btf
