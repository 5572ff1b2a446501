#include <algorithm>
#include <string>
#include <utility>

#include "btf/validate/checker.h"

// What is checked of every type by itself. Source: btf_check_meta() and the *_check_meta() of the
// kinds, kernel/bpf/btf.c.

namespace btfreloc::btf {
namespace {

using Place = Checker::Place;

/// The first release that knows the kind.
Feature feature_of(Kind kind) {
  switch (kind) {
    case Kind::kFunc:
    case Kind::kFuncProto: return Feature::func;
    case Kind::kVar:
    case Kind::kDatasec: return Feature::var_and_datasec;
    case Kind::kFloat: return Feature::floating;
    case Kind::kDeclTag: return Feature::decl_tag;
    case Kind::kTypeTag: return Feature::type_tag;
    case Kind::kEnum64: return Feature::enum64;
    default: return Feature::btf;
  }
}

/// Bits of the third word, or of any other, that can be a type id.
std::uint32_t max_type_id(const Checker& checker) {
  return checker.at_least({5, 5}) ? 0xfffff : 0xffff;
}

constexpr KindSet kFlagged{Kind::kStruct, Kind::kUnion, Kind::kFwd};
constexpr KindSet kFlaggedSince60{Kind::kEnum, Kind::kEnum64};
constexpr KindSet kFlaggedSince615{Kind::kDeclTag, Kind::kTypeTag};
/// Kinds whose vlen is no number of records, and must be zero.
constexpr KindSet kWithoutVlen{Kind::kInt,     Kind::kPtr,   Kind::kArray,    Kind::kFwd,
                               Kind::kTypedef, Kind::kConst, Kind::kVolatile, Kind::kRestrict,
                               Kind::kVar,     Kind::kFloat, Kind::kDeclTag,  Kind::kTypeTag};

class TypeChecker {
 public:
  TypeChecker(Checker& checker, const RawTypes& types) : checker_(checker), types_(types) {}

  /// False: the references or sizes of the type mean nothing.
  bool check(TypeId id) {
    id_ = id;
    ok_ = true;
    check_info();
    check_references();
    check_name_of_type();
    check_kind();
    return ok_;
  }

 private:
  Place at(std::size_t byte, std::optional<KernelVersion> until = {}) const {
    return {types_, id_, byte, until};
  }
  template <class... Args>
  void broken(Rule rule, const Place& place, fmt::format_string<Args...> message, Args&&... args) {
    ok_ = false;
    checker_.report(rule, place, message, std::forward<Args>(args)...);
  }
  std::uint8_t kind_number() const { return static_cast<std::uint8_t>(types_.kind(id_)); }

  void check_info();
  void check_references();
  void check_name_of_type();
  void check_kind();
  void check_int();
  void check_array();
  void check_func();
  void check_var();
  void check_enum();
  void check_float();
  void check_decl_tag();

  Checker& checker_;
  const RawTypes& types_;
  TypeId id_{0};
  bool ok_ = true;
};

/// The second word: bits that mean nothing, kinds and flags that are too new.
void TypeChecker::check_info() {
  const Info info = types_.info(id_);
  const std::uint32_t word = types_.word(id_, 4);
  const std::uint32_t known = checker_.has(Feature::long_vlen)   ? 0xffffffff
                              : checker_.has(Feature::kind_flag) ? 0x9f00ffff
                                                                 : 0x0f00ffff;
  if ((word & ~known) != 0) {
    const Feature feature = (word & ~0x9f00ffffU) != 0 ? Feature::long_vlen : Feature::kind_flag;
    checker_.report(Rule::info_bits, at(4, since(feature)), "its info is {:#010x}", word);
  }
  const Feature kind = feature_of(types_.kind(id_));
  if (!checker_.has(kind)) {
    checker_.report(Rule::new_kind, at(4, since(kind)), "kernels know {} from {} on",
                    traits(types_.kind(id_)).name, since(kind).text());
  }
  if (info.vlen != 0 && kWithoutVlen.has(kind_number())) {
    checker_.report(Rule::vlen_unused, at(4), "its vlen is {}", info.vlen);
  }
  if (!info.kind_flag || kFlagged.has(kind_number())) return;
  std::optional<KernelVersion> until;
  if (kFlaggedSince60.has(kind_number())) until = since(Feature::enum64);
  if (kFlaggedSince615.has(kind_number())) until = since(Feature::tag_attributes);
  if (until && checker_.at_least(*until)) return;
  checker_.report(Rule::kind_flag, at(4, until), "its kind_flag is set");
}

/// Ids with no type behind them. In BTF of a program, every reference is followed.
void TypeChecker::check_references() {
  const Info info = types_.info(id_);
  const std::uint32_t most = max_type_id(checker_);
  for_each_reference(
      types_.record_bytes(id_), traits_or_unknown(info.kind), info.vlen, types_.order(),
      [&](std::size_t byte, std::uint32_t to) {
        if (types_.has(TypeId{to}) && to <= most) return;
        broken(Rule::type_id, at(byte), "refers to type id {}, the last is {}", to,
               std::min(types_.end_id() - 1, most));
      },
      [](std::size_t, std::uint32_t) {});
}

void TypeChecker::check_name_of_type() {
  constexpr KindSet kNameless{Kind::kPtr,      Kind::kArray,    Kind::kConst,
                              Kind::kVolatile, Kind::kRestrict, Kind::kFuncProto};
  constexpr KindSet kNamed{Kind::kTypedef, Kind::kFwd,     Kind::kFunc,   Kind::kVar,
                           Kind::kDatasec, Kind::kDeclTag, Kind::kTypeTag};
  constexpr KindSet kAnyText{Kind::kInt, Kind::kFloat, Kind::kDeclTag, Kind::kTypeTag};
  const std::uint32_t name = types_.name_offset(id_).value;
  const std::uint8_t kind = kind_number();
  if (!types_.has_string(name)) {
    checker_.report(Rule::name_offset, at(0), "its name is at string offset {}, of {}", name,
                    types_.strings.size());
    return;
  }
  if (kNameless.has(kind)) {
    if (name != 0) checker_.report(Rule::name_unwanted, at(0), "it has the string offset {}", name);
    return;
  }
  const bool is_empty =
      kAnyText.has(kind) && types_.has_strings ? types_.string(name).empty() : name == 0;
  if (is_empty && kNamed.has(kind)) {
    checker_.report(Rule::name_missing, at(0), "it has no name");
    return;
  }
  if (name == 0 || kAnyText.has(kind)) return;
  const Kind of = types_.kind(id_);
  check_name(checker_, at(0), name,
             of == Kind::kDatasec ? NameOf::section
             : of == Kind::kVar   ? NameOf::variable
                                  : NameOf::other);
}

void TypeChecker::check_kind() {
  switch (types_.kind(id_)) {
    case Kind::kInt: return check_int();
    case Kind::kArray: return check_array();
    case Kind::kStruct:
    case Kind::kUnion: ok_ = check_members(checker_, types_, id_) && ok_; return;
    case Kind::kEnum:
    case Kind::kEnum64: return check_enum();
    case Kind::kFwd:
      if (types_.third(id_) != 0) {
        checker_.report(Rule::fwd_type, at(8), "its type word is {}", types_.third(id_));
      }
      return;
    case Kind::kFunc: return check_func();
    case Kind::kVar: return check_var();
    case Kind::kDatasec: ok_ = check_section_vars(checker_, types_, id_) && ok_; return;
    case Kind::kFloat: return check_float();
    case Kind::kDeclTag: return check_decl_tag();
    default: return;
  }
}

void TypeChecker::check_int() {
  const std::uint32_t data = types_.word(id_, 12);
  const std::uint32_t encoding = data >> 24 & 0xf;
  const std::uint32_t bits = (data & 0xff) + (data >> 16 & 0xff);
  const std::uint32_t most = checker_.at_least({5, 1}) ? 128 : 64;
  if (data >> 28 != 0) broken(Rule::int_data, at(12), "its data is {:#010x}", data);
  if (bits > most) {
    broken(Rule::int_bits, at(12, KernelVersion{5, 1}), "it ends at bit {}", bits);
  }
  if ((bits + 7) / 8 > types_.third(id_)) {
    broken(Rule::int_size, at(8), "it has {} bytes for {} bits", types_.third(id_), bits);
  }
  if (encoding != 0 && encoding != kIntSigned && encoding != kIntChar && encoding != kIntBool) {
    checker_.report(Rule::int_encoding, at(12), "its encoding is {:#x}", encoding);
  }
}

void TypeChecker::check_array() {
  if (types_.third(id_) != 0) {
    checker_.report(Rule::array_size_word, at(8), "its size word is {}", types_.third(id_));
  }
  if (types_.word(id_, 12) == 0) broken(Rule::void_type, at(12), "its elements are void");
  if (types_.word(id_, 16) == 0) broken(Rule::void_type, at(16), "its index is void");
}

void TypeChecker::check_func() {
  const std::uint32_t linkage = types_.info(id_).vlen;
  const bool may_be_global = checker_.has(Feature::global_func);
  if (linkage <= (may_be_global ? 1U : 0U)) return;
  const auto until = linkage == 1 ? std::optional(since(Feature::global_func)) : std::nullopt;
  checker_.report(Rule::func_linkage, at(4, until), "its linkage is {}", linkage);
}

void TypeChecker::check_var() {
  if (types_.third(id_) == 0) broken(Rule::void_type, at(8), "it is void");
  if (const std::uint32_t linkage = types_.word(id_, 12); linkage > 1) {
    checker_.report(Rule::var_linkage, at(12), "its linkage is {}", linkage);
  }
}

void TypeChecker::check_enum() {
  const std::uint32_t size = types_.third(id_);
  const bool any_size = types_.kind(id_) == Kind::kEnum64 || checker_.has(Feature::enum_sizes);
  const bool is_known = size == 4 || (any_size && (size == 1 || size == 2 || size == 8));
  if (!is_known) {
    const bool taken_later = size == 1 || size == 2 || size == 8;
    broken(Rule::enum_size,
           at(8, taken_later ? std::optional(since(Feature::enum_sizes)) : std::nullopt),
           "it has {} bytes", size);
  }
  ok_ = check_enumerators(checker_, types_, id_) && ok_;
}

void TypeChecker::check_float() {
  const std::uint32_t size = types_.third(id_);
  if (size == 2 || size == 4 || size == 8 || size == 12 || size == 16) return;
  broken(Rule::float_size, at(8), "it has {} bytes", size);
}

void TypeChecker::check_decl_tag() {
  const auto component = static_cast<std::int32_t>(types_.word(id_, 12));
  if (component < -1) broken(Rule::component_index, at(12), "its component is {}", component);
}

}  // namespace

void walk_types(Checker& checker, Bytes blob, const RawHeader& header, RawTypes& types) {
  const std::uint64_t start = std::uint64_t{header.header_size} + header.types_offset;
  const std::uint64_t end = std::min<std::uint64_t>(start + header.types_size, blob.size());
  if (checker.is_program() && header.types_offset % 4 != 0) {
    checker.report(Rule::types_align, 8, "types at offset {}", header.types_offset);
  }
  if (checker.is_program() && checker.options().base == nullptr && header.types_size == 0) {
    checker.report(Rule::no_types, 12, "the types have no bytes");
  }
  // The bytes of misplaced types may be anything.
  const auto stop = [&](Rule rule, std::uint64_t offset, const std::string& message) {
    if (header.is_laid_out) checker.report(rule, offset, "{}", message);
  };
  std::uint64_t at = start;
  const auto id = [&] { return types.end_id(); };
  while (at < end) {
    const std::uint64_t remain = end - at;
    if (remain < kTypeHeaderSize) {
      return stop(Rule::type_cut, at,
                  fmt::format("type [{}] needs {} bytes for its header, {} remain", id(),
                              kTypeHeaderSize, remain));
    }
    const Info info =
        Info::unpack(load<std::uint32_t>(blob.data() + at + 4, header.order) & types.info_mask);
    if (info.kind == 0 || info.kind >= kFirstUnknownKind) {
      return stop(Rule::unknown_kind, at + 4,
                  fmt::format("type [{}] is of kind {}", id(), info.kind));
    }
    const KindTraits& kind = traits(static_cast<Kind>(info.kind));
    const std::uint64_t size =
        kTypeHeaderSize + kind.fixed + std::uint64_t{info.vlen} * size_of(kind.record);
    if (size > remain) {
      return stop(Rule::type_cut, at,
                  fmt::format("{} [{}] needs {} bytes for {} records, {} remain", kind.name, id(),
                              size, info.vlen, remain));
    }
    types.offsets.push_back(static_cast<std::uint32_t>(at));
    at += size;
  }
}

BrokenTypes check_types(Checker& checker, const RawTypes& types) {
  BrokenTypes broken(types.offsets.size());
  TypeChecker type_checker(checker, types);
  for (std::size_t i = 0; i < broken.size() && !checker.stopped(); ++i) {
    const TypeId id{types.first_id().value + static_cast<std::uint32_t>(i)};
    const bool is_rewritten = std::ranges::binary_search(checker.options().rewritten, id);
    broken[i] = is_rewritten || !type_checker.check(id);
  }
  return broken;
}

}  // namespace btfreloc::btf
