#include "btf/header/rust_types.h"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <utility>

#include "btf/header/rust_names.h"

namespace btfreloc::btf {
namespace {

constexpr std::string_view kVoid = "::core::ffi::c_void";
constexpr std::string_view kVoidPointer = "*mut ::core::ffi::c_void";

/// Pointers to pointers, and functions that take functions: real kernels have up to 6.
constexpr int kDeepest = 40;

/// A longer name of what is around it is not repeated in those of its parts: nested parts would
/// repeat it each, longer and longer.
constexpr std::size_t kLongestParent = 200;

constexpr std::string_view kMadeUp = "__bindgen_ty_";

bool is_unnamed_record(const View& view, TypeId id) {
  const auto kind = view.kind(id);
  return kind && is_composite(*kind) && view.name_offset(id).value == 0;
}

/// The type that a typedef is another name of: behind qualifiers, which say nothing about it.
TypeId target_of(const View& view, TypeId id) {
  return view.skip_modifiers(TypeId{view.third_word(id)});
}

bool is_tag(Kind kind) { return is_composite(kind) || is_enum(kind) || kind == Kind::kFwd; }

}  // namespace

RustTypes::RustTypes(const HeaderSelection& selection, const HeaderNames& names)
    : selection_(selection),
      view_(selection.view()),
      names_(names),
      endless_(view_),
      steps_(10'000 + view_.header().types_size +
             (view_.base() != nullptr ? view_.base()->header().types_size : 0)) {
  name_after_typedefs();
}

/// C's `typedef struct { ... } atomic_t;` is a struct of that name.
void RustTypes::name_after_typedefs() {
  for (const TypeId id : selection_.types()) {
    const Kind kind = view_.kind(id).value_or(Kind::kVoid);
    if (is_tag(kind) && names_.of(id).contains(kMadeUp)) taken_.emplace(names_.of(id));
    if (kind != Kind::kTypedef) continue;
    const std::string_view name = names_.of(id);
    if (name.contains(kMadeUp)) taken_.emplace(name);
    const TypeId target = target_of(view_, id);
    if (is_unnamed_record(view_, target)) unnamed_.try_emplace(target, rust_spelling(name));
  }
}

void RustTypes::enter(std::string declaration) {
  declaration_ = std::move(declaration);
  parts_ = 0;
}

std::vector<TypeId> RustTypes::take_unnamed() { return std::exchange(found_, {}); }

std::string RustTypes::unnamed(TypeId id) {
  if (const auto known = unnamed_.find(id); known != unnamed_.end()) return known->second;
  std::string name;
  do {
    ++parts_;
    name = declaration_.size() > kLongestParent
               ? fmt::format("{}{}_{}", kMadeUp, id.value, parts_)
               : declaration_ + fmt::format("{}{}", kMadeUp, parts_);
  } while (!taken_.insert(name).second);
  found_.push_back(id);
  return unnamed_.emplace(id, std::move(name)).first->second;
}

std::string RustTypes::name(TypeId id) {
  return is_unnamed_record(view_, id) ? unnamed(id) : rust_spelling(names_.of(id));
}

std::string RustTypes::typedef_name(TypeId id) {
  const TypeId target = target_of(view_, id);
  const Kind kind = view_.kind(target).value_or(Kind::kVoid);
  if (is_unnamed_record(view_, target) && unnamed_.at(target) == rust_spelling(names_.of(id))) {
    return {};
  }
  if (is_tag(kind) && view_.name_offset(target).value != 0 &&
      view_.name(target) == view_.name(id) && selection_.extent(target) != Extent::absent) {
    return {};
  }
  // `typedef __u8 u8`, `typedef _Bool bool`.
  if (const TypeId scalar = view_.skip_modifiers_and_typedefs(id);
      view_.kind(scalar) == Kind::kInt) {
    const std::string spelling = integer(scalar);
    if (spelling == view_.name(id) || (spelling == kRustBool && view_.name(id) == "bool"))
      return {};
  }
  return rust_spelling(names_.of(id));
}

std::string RustTypes::integer(TypeId id) {
  const auto type = std::get<Int>(view_.decode(id));
  const std::uint64_t size = type.size.value;
  if (size == 1 && (type.encoding & kIntBool) != 0) {
    has_bool_ = true;
    return std::string(kRustBool);
  }
  if (!std::has_single_bit(size) || size > 16) return fmt::format("[u8; {}]", size);
  return fmt::format("{}{}", (type.encoding & kIntSigned) != 0 ? 'i' : 'u', size * 8);
}

std::string RustTypes::enum_integer(TypeId id) const {
  const std::uint32_t size = view_.third_word(id);
  if (!std::has_single_bit(size) || size > 8) return fmt::format("[u8; {}]", size);
  return fmt::format("{}{}", view_.info(id).kind_flag ? 'i' : 'u', size * 8);
}

bool RustTypes::may_go_on(int depth) {
  if (depth > kDeepest || steps_ == 0) return false;
  --steps_;
  return true;
}

std::string RustTypes::spell(TypeId id) { return spell(id, 0); }

std::string RustTypes::spell(TypeId id, int depth) {
  // Modifiers and arrays without end are the type of nothing that has a size.
  if (depth > 2 * kDeepest) return std::string(kVoid);
  switch (view_.kind(id).value_or(Kind::kVoid)) {
    case Kind::kInt: return integer(id);
    case Kind::kFloat: {
      const std::uint32_t size = view_.third_word(id);
      return size == 4 ? "f32" : size == 8 ? "f64" : fmt::format("[u8; {}]", size);
    }
    case Kind::kPtr: return spell_pointer(id, depth);
    case Kind::kArray: {
      const auto array = std::get<Array>(view_.decode(id));
      return fmt::format("[{}; {}]", spell(array.type, depth + 1), array.nr_elems);
    }
    case Kind::kStruct:
    case Kind::kUnion:
    case Kind::kFwd: return selection_.extent(id) == Extent::absent ? std::string(kVoid) : name(id);
    case Kind::kEnum:
    case Kind::kEnum64:
      return selection_.extent(id) == Extent::absent || view_.name_offset(id).value == 0
                 ? enum_integer(id)
                 : rust_spelling(names_.of(id));
    case Kind::kTypedef: {
      const std::string name =
          selection_.extent(id) == Extent::absent ? std::string() : typedef_name(id);
      return name.empty() ? spell(TypeId{view_.third_word(id)}, depth + 1) : name;
    }
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag:
    case Kind::kFunc: return spell(TypeId{view_.third_word(id)}, depth + 1);
    case Kind::kFuncProto: return spell_function(id, depth);
    case Kind::kVoid:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kDeclTag: return std::string(kVoid);
  }
  std::unreachable();
}

std::string RustTypes::spell_relocatable(TypeId id) { return spell_relocatable(id, 0); }

std::string RustTypes::spell_relocatable(TypeId id, int depth) {
  if (depth > 2 * kDeepest) return std::string(kVoid);
  const TypeId type = view_.skip_modifiers_and_typedefs(id);
  const Kind kind = view_.kind(type).value_or(Kind::kVoid);
  if (kind == Kind::kArray) {
    const auto array = std::get<Array>(view_.decode(type));
    return fmt::format("[{}; {}]", spell_relocatable(array.type, depth + 1), array.nr_elems);
  }
  if (!is_enum(kind)) return spell(id, depth);
  const std::string integer = enum_integer(type);
  if (integer.starts_with('[')) return integer;
  if (selection_.extent(type) == Extent::absent || view_.name_offset(type).value == 0) {
    unnamed_enums_.insert(integer);
    return fmt::format("enum_<enums_::unnamed_{}>", integer);
  }
  return fmt::format("enum_<enums_::{}>", rust_spelling(names_.of(type)));
}

std::string RustTypes::spell_pointer(TypeId id, int depth) {
  if (!may_go_on(depth) || endless_.has(id)) return std::string(kVoidPointer);
  TypeId to{view_.third_word(id)};
  const TypeId target = view_.skip_modifiers_and_typedefs(to);
  // A function's own spelling, or a typedef's that leads there, is that of a pointer already.
  if (view_.kind(target) == Kind::kFuncProto) return spell(to, depth + 1);
  bool is_const = false;
  for (int step = 0; step <= kMaxModifiers; ++step) {
    const Kind kind = view_.kind(to).value_or(Kind::kVoid);
    if (!is_modifier(kind) || kind == Kind::kTypedef) break;
    is_const |= kind == Kind::kConst;
    to = TypeId{view_.third_word(to)};
  }
  return (is_const ? "*const " : "*mut ") + spell(to, depth + 1);
}

std::string RustTypes::spell_function(TypeId id, int depth) {
  constexpr std::string_view kOpening = "::core::option::Option<unsafe extern \"C\" fn(";
  std::string text(kOpening);
  if (!may_go_on(depth) || endless_.has(id)) return text + ")>";
  const auto proto = std::get<FuncProto>(view_.decode(id));
  const auto count = proto.params.size();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Param param = proto.params[i];
    const bool is_variadic = i + 1 == count && param.type.value == 0 && param.name.value == 0;
    // `f()` is written as `f(...)`, which Rust has as little as C.
    if (is_variadic && i == 0) break;
    if (i != 0) text += ", ";
    text += is_variadic        ? "..."
            : may_go_on(depth) ? spell(param.type, depth + 1)
                               : std::string(kVoidPointer);
  }
  text += ")";
  if (view_.skip_modifiers_and_typedefs(proto.return_type).value != 0) {
    text += " -> " + spell(proto.return_type, depth + 1);
  }
  return text + ">";
}

}  // namespace btfreloc::btf
