#include <algorithm>
#include <utility>

#include "btf/header/c_definitions.h"
#include "btf/header/c_words.h"

// A C declaration reads from the inside out: `int (*f[3])(void)` is an array of pointers to
// functions. So it is printed in two halves, from the type's end to the name and back: a pointer
// stands left of the name, an array or a parameter list right of it, with parentheses where a
// pointer is to either. Both halves take the same turns.

namespace btfreloc::btf {
namespace {

/// Levels of types that are written out, one inside of the other.
constexpr std::uint32_t kMaxDepth = 64;
/// Records of one type that is written out.
constexpr std::uint32_t kMaxRecords = 10'000;

}  // namespace

/// Declares a name with a type; where C cannot, or the type is in a loop, with one that is as
/// large.
void CDefinitions::declare(TypeId id, std::string_view name, Use use, int indent) {
  const CSpelling spelling = types_.spelling(id);
  if ((!loops_.empty() && mentions_loop(id, 0)) ||
      (!spelling.is_complete() && !may_write_out(id))) {
    declare_instead(id, name);
  } else if (spelling.is_complete()) {
    *out_ << spelling.left << name << spelling.right;
    need(spelling, use);
  } else {
    print_left(id, use, indent);
    *out_ << name;
    print_right(id, use, indent);
  }
}

void CDefinitions::declare_instead(TypeId id, std::string_view name) {
  const auto layout = layouts_.of(id);
  if (layouts_.base_kind(id) == Kind::kPtr) {
    *out_ << "void *" << name;
  } else if (layout) {
    (*out_ << "struct { unsigned char bytes[").decimal(layout->size.value);
    (*out_ << "]; } __attribute__((aligned(").decimal(layout->alignment.value) << "))) " << name;
  } else {
    *out_ << "void " << name;
  }
}

void CDefinitions::print_left(TypeId id, Use use, int indent) {
  const CSpelling spelling = types_.spelling(id);
  if (spelling.is_complete()) {
    *out_ << spelling.left;
    need(spelling, use);
    return;
  }
  const Use through = use == Use::contents ? Use::name : use;
  const TypeId target{view_.third_word(id)};
  switch (const Kind kind = view_.kind(id).value_or(Kind::kVoid)) {
    case Kind::kPtr:
      print_left(target, through, indent);
      *out_ << (is_written_around(target) ? "(*" : "*");
      return;
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag: return print_qualified(target, kind, use, indent);
    case Kind::kTypedef: return print_va_list(id, use, indent);
    case Kind::kArray:
      if (!layouts_.is_object(id)) {
        *out_ << "char ";
      } else {
        print_left(std::get<Array>(view_.decode(id)).type, Use::contents, indent);
      }
      return;
    case Kind::kFuncProto:
      if (is_array_or_function(target)) {
        *out_ << "void ";
      } else {
        print_left(target, through, indent);
      }
      return;
    case Kind::kStruct:
    case Kind::kUnion:
    case Kind::kEnum:
    case Kind::kEnum64: return print_unnamed(id, kind, use, indent);
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kFwd:
    case Kind::kFunc:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kFloat:
    case Kind::kDeclTag: *out_ << "void "; return;
  }
}

/// The left half of a type with a qualifier or tag, which stands behind the star of a pointer.
void CDefinitions::print_qualified(TypeId target, Kind kind, Use use, int indent) {
  const std::string_view word = kind == Kind::kConst      ? "const "
                                : kind == Kind::kVolatile ? "volatile "
                                : kind == Kind::kRestrict && types_.may_be_restrict(target)
                                    ? "restrict "
                                    : "";
  const bool is_pointer = view_.kind(view_.skip_modifiers(target)) == Kind::kPtr;
  // C has no qualified arrays and functions. GCC writes them where it means the elements, which
  // have the qualifier too. Source: btf_dump_drop_mods() in libbpf, src/btf_dump.c.
  if (!is_pointer && !is_written_around(target)) *out_ << word;
  print_left(target, use, indent);
  if (is_pointer) *out_ << word;
}

/// The left half of __builtin_va_list or a typedef of it (or of one without a name). Compilers have
/// their own, of another size than that of the kernel's: what consists of it is declared with what
/// it was.
void CDefinitions::print_va_list(TypeId id, Use use, int indent) {
  if (use == Use::contents || view_.name(id).empty()) {
    print_left(TypeId{view_.third_word(id)}, use, indent);
  } else if (view_.name(id) == kBuiltinVaList) {
    *out_ << kBuiltinVaList << ' ';
  } else {
    *out_ << names_.of(id) << ' ';
    need(Need{id, true});
  }
}

void CDefinitions::print_right(TypeId id, Use use, int indent) {
  if (const CSpelling spelling = types_.spelling(id); spelling.is_complete()) {
    *out_ << spelling.right;
    return;
  }
  const Use through = use == Use::contents ? Use::name : use;
  const auto kind = view_.kind(id);
  if (!kind) return;
  if (*kind == Kind::kPtr) {
    const TypeId target{view_.third_word(id)};
    if (is_written_around(target)) *out_ << ')';
    print_right(target, through, indent);
  } else if (is_modifier(*kind)) {
    const bool is_named =
        *kind == Kind::kTypedef && use != Use::contents && !view_.name(id).empty();
    if (!is_named) print_right(TypeId{view_.third_word(id)}, use, indent);
  } else if (*kind == Kind::kArray) {
    if (!layouts_.is_object(id)) return;
    const auto array = std::get<Array>(view_.decode(id));
    (*out_ << '[').decimal(array.nr_elems) << ']';
    print_right(array.type, Use::contents, indent);
  } else if (*kind == Kind::kFuncProto) {
    const auto proto = std::get<FuncProto>(view_.decode(id));
    print_params(proto, /*has_names=*/false, indent);
    if (!is_array_or_function(proto.return_type)) print_right(proto.return_type, through, indent);
  }
}

/// A struct or union without a name; or an enum, whose enumerators have a place in the header once.
void CDefinitions::print_unnamed(TypeId id, Kind kind, Use use, int indent) {
  if (!layouts_.is_object(id)) {
    *out_ << "void ";
  } else if (is_composite(kind)) {
    members_.enter();
    print_composite(id, {}, indent);
    members_.leave();
    *out_ << ' ';
  } else {
    const auto written = written_.find(id.value);
    const bool is_here = written == written_.end() ||
                         (written->second.in == type_ && written->second.print != prints_);
    if (is_here && use != Use::param && view_.info(id).vlen != 0) {
      written_[id.value] = {.in = type_, .print = prints_};
      print_enum_body(id, {}, indent);
      *out_ << ' ';
    } else {
      *out_ << c_integer({view_.third_word(id)}, view_.info(id).kind_flag) << ' ';
    }
  }
}

void CDefinitions::print_params(const FuncProto& proto, bool has_names, int indent) {
  const Records<Param>& params = proto.params;
  // The compiler writes `f()` as if it were `f(...)`, which C does not have.
  const bool is_unspecified = params.size() == 1 && params[0].type.value == 0;
  if (params.empty() || is_unspecified) {
    *out_ << "(void)";
    return;
  }
  *out_ << '(';
  std::uint32_t left = params.size();
  for (const Param param : params) {
    --left;
    if (left == 0 && param.type.value == 0 && param.name.value == 0) {
      *out_ << "...";
    } else {
      print_param(param, has_names, indent);
    }
    if (left != 0) *out_ << ", ";
  }
  *out_ << ')';
}

void CDefinitions::print_param(const Param& param, bool has_name, int indent) {
  const std::string_view given = has_name ? view_.string(param.name) : std::string_view();
  const std::string_view name =
      given.empty() || names_.is_taken(given) ? std::string_view() : members_.add(param.name);
  const CSpelling spelling = types_.spelling(param.type);
  if (layouts_.base_kind(param.type) == Kind::kVoid || is_of_unnamed(param.type)) {
    *out_ << "void *" << name;
  } else if (spelling.is_complete()) {
    const bool ends_in_space =
        name.empty() && spelling.right.empty() && spelling.left.ends_with(' ');
    *out_ << spelling.left.substr(0, spelling.left.size() - (ends_in_space ? 1 : 0)) << name
          << spelling.right;
    need(spelling, Use::param);
  } else {
    print_left(param.type, Use::param, indent);
    *out_ << name;
    print_right(param.type, Use::param, indent);
  }
}

/// Whether a type that C returns from no function.
bool CDefinitions::is_array_or_function(TypeId id) {
  const Kind base = layouts_.base_kind(id);
  return base == Kind::kArray || base == Kind::kFuncProto;
}

/// Whether a type is written to both sides of the name, so that a pointer to it takes parentheses.
bool CDefinitions::is_written_around(TypeId id) const {
  const auto kind = view_.kind(view_.skip_modifiers(id));
  return kind == Kind::kArray || kind == Kind::kFuncProto;
}

/// Whether a struct without a name, or a pointer to one. In a parameter list, no other type is it.
bool CDefinitions::is_of_unnamed(TypeId id) {
  for (int step = 0; step <= kMaxModifiers && !types_.spelling(id).is_complete(); ++step) {
    const auto kind = view_.kind(id);
    if (!kind) return false;
    if (is_composite(*kind)) return true;
    if (*kind == Kind::kArray) {
      id = std::get<Array>(view_.decode(id)).type;
    } else if (*kind == Kind::kPtr || is_modifier(*kind)) {
      id = TypeId{view_.third_word(id)};
    } else {
      return false;
    }
  }
  return false;
}

void CDefinitions::need(const CSpelling& spelling, Use use) {
  if (spelling.named.value == 0) return;
  // The elements of an array are there before it is mentioned.
  if (!spelling.right.empty()) use = Use::contents;
  if (!spelling.is_tag) need(Need{spelling.named, true});
  if (spelling.is_tag && use == Use::param) need(Need{spelling.named, false});
  if (use != Use::contents) return;
  if (spelling.is_contained) need(Need{spelling.named, true});
  if (spelling.contents.value != 0) need(Need{spelling.contents, true});
}

void CDefinitions::need(Need need) {
  constexpr std::ptrdiff_t kRecent = 4;
  const auto first = needs_->begin() + static_cast<std::ptrdiff_t>(first_need_);
  const auto recent = needs_->end() - std::min(kRecent, needs_->end() - first);
  if (std::find(recent, needs_->end(), need) == needs_->end()) needs_->push_back(need);
}

/// Whether a declaration with this type would name one of loops_.
bool CDefinitions::mentions_loop(TypeId id, int depth) {
  const auto is_loop = [&](TypeId type) { return std::ranges::binary_search(loops_, type); };
  const CSpelling spelling = types_.spelling(id);
  if (spelling.is_complete()) return is_loop(spelling.named) || is_loop(spelling.contents);
  const auto kind = view_.kind(id);
  if (!kind || is_enum(*kind)) return false;
  if (depth > static_cast<int>(kMaxDepth)) return true;
  bool mentions = false;
  view_.for_each_type_id(id,
                         [&](TypeId to) { mentions = mentions || mentions_loop(to, depth + 1); });
  return mentions;
}

/// What a type takes without a text of its own. While it is not known, too much: the type contains
/// itself.
CDefinitions::Nested CDefinitions::nested(TypeId id, std::uint32_t depth) {
  std::uint32_t& known = nested_[id.value];
  if (known == 0) {
    known = Nested{.records = kMaxRecords + 1, .depth = kMaxDepth + 1}.pack();
    if (depth <= kMaxDepth) known = sum_of(id, depth).pack();
  }
  return Nested::unpack(known);
}

CDefinitions::Nested CDefinitions::sum_of(TypeId id, std::uint32_t depth) {
  Nested sum{.records = 1, .depth = 1};
  const auto add = [&](TypeId type, bool is_written_out) {
    Nested part{.records = 1, .depth = 0};
    if (is_written_out || !types_.spelling(type).is_complete()) part = nested(type, depth + 1);
    sum.records = std::min(sum.records + part.records, kMaxRecords + 1);
    sum.depth = std::max(sum.depth, part.depth + 1);
  };
  const Type type = view_.decode(id);
  const auto add_members = [&](const Records<Member>& members) {
    for (const Member member : members) {
      const bool is_unnamed = view_.first_char(member.name) == '\0';
      const TypeId base = view_.skip_modifiers_and_typedefs(member.type);
      const bool is_body = is_unnamed && is_composite(view_.kind(base).value_or(Kind::kVoid));
      add(is_body ? base : member.type, is_body);
    }
  };
  if (const auto* record = std::get_if<Struct>(&type)) {
    add_members(record->members);
  } else if (const auto* alternatives = std::get_if<Union>(&type)) {
    add_members(alternatives->members);
  } else {
    sum.records += std::min(view_.info(id).vlen, kMaxRecords);
    view_.for_each_type_id(id, [&](TypeId to) { add(to, /*is_written_out=*/false); });
  }
  return sum;
}

/// Whether a type is small enough to be written out, of which all types together do so much.
bool CDefinitions::may_write_out(TypeId id) {
  const Nested nested = this->nested(id, 0);
  if (nested.depth > kMaxDepth || nested.records > std::min<std::uint64_t>(kMaxRecords, budget_)) {
    return false;
  }
  budget_ -= nested.records;
  return true;
}

}  // namespace btfreloc::btf
