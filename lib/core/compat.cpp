#include "core/compat.h"

#include <optional>
#include <string_view>
#include <utility>

#include "core/members.h"

namespace btfreloc::core {
namespace {

using btf::Kind;

/// Pointers, arrays and return types followed in one chain, and function types or structs entered
/// one inside the other. Both mirror libbpf's 32.
constexpr int kMaxChain = 32;
constexpr int kMaxLevel = 32;

Compat when(bool yes) { return yes ? Compat::yes : Compat::no; }

/// One pair after modifiers and typedefs are skipped, with what both walks need to know of it.
struct Side {
  TypeId id;
  Kind kind;
};

Side resolve(const btf::View& btf, TypeId id) {
  const TypeId skipped = btf.skip_modifiers_and_typedefs(id);
  // An unknown kind is compatible with nothing, as a tag is.
  return {.id = skipped, .kind = btf.kind(skipped).value_or(Kind::kDeclTag)};
}

Bits int_offset(const btf::View& btf, const Side& side) {
  return std::get<btf::Int>(btf.decode(side.id)).offset;
}

class Comparison {
 public:
  Comparison(const btf::View& local, const btf::View& target, Budget& budget)
      : local_(local), target_(target), budget_(budget) {}

  /// types_are_compat, once the kinds at the root have been compared.
  Compat compatible(TypeId local_id, TypeId target_id, int level) {
    for (int chain = 0; chain < kMaxChain; ++chain) {
      if (!budget_.spend(1)) return Compat::too_deep;
      const Side local = resolve(local_, local_id);
      const Side target = resolve(target_, target_id);
      if (!kinds_are_compat(local.kind, target.kind)) return Compat::no;
      switch (local.kind) {
        case Kind::kVoid:
        case Kind::kStruct:
        case Kind::kUnion:
        case Kind::kEnum:
        case Kind::kEnum64:
        case Kind::kFwd: return Compat::yes;
        case Kind::kInt:
          return when(int_offset(local_, local).value == 0 &&
                      int_offset(target_, target).value == 0);
        case Kind::kPtr:
        case Kind::kArray:
          local_id = inner(local_, local);
          target_id = inner(target_, target);
          continue;
        case Kind::kFuncProto: {
          const auto ours = std::get<btf::FuncProto>(local_.decode(local.id));
          const auto theirs = std::get<btf::FuncProto>(target_.decode(target.id));
          if (ours.params.size() != theirs.params.size()) return Compat::no;
          for (std::uint32_t i = 0; i < ours.params.size(); ++i) {
            if (level <= 0) return Compat::too_deep;
            const Compat param = compatible(ours.params[i].type, theirs.params[i].type, level - 1);
            if (param != Compat::yes) return param;
          }
          local_id = ours.return_type;
          target_id = theirs.return_type;
          continue;
        }
        default: return Compat::no;
      }
    }
    return Compat::too_deep;
  }

  Compat matches(TypeId local_id, TypeId target_id, bool behind_ptr, int level) {
    if (level <= 0) return Compat::too_deep;
    for (int chain = 0; chain < kMaxChain; ++chain) {
      if (!budget_.spend(1)) return Compat::too_deep;
      const Side local = resolve(local_, local_id);
      const Side target = resolve(target_, target_id);
      if (!essential_names_equal(local_.name(local.id), target_.name(target.id))) return Compat::no;
      switch (local.kind) {
        case Kind::kPtr:
        case Kind::kArray:
          if (local.kind != target.kind) return Compat::no;
          if (local.kind == Kind::kArray && elements(local_, local) != elements(target_, target)) {
            return Compat::no;
          }
          behind_ptr = behind_ptr || local.kind == Kind::kPtr;
          local_id = inner(local_, local);
          target_id = inner(target_, target);
          continue;
        case Kind::kFuncProto: {
          if (local.kind != target.kind) return Compat::no;
          const auto ours = std::get<btf::FuncProto>(local_.decode(local.id));
          const auto theirs = std::get<btf::FuncProto>(target_.decode(target.id));
          if (ours.params.size() != theirs.params.size()) return Compat::no;
          for (std::uint32_t i = 0; i < ours.params.size(); ++i) {
            const Compat param =
                matches(ours.params[i].type, theirs.params[i].type, behind_ptr, level - 1);
            if (param != Compat::yes) return param;
          }
          local_id = ours.return_type;
          target_id = theirs.return_type;
          continue;
        }
        default: return leaf_matches(local, target, behind_ptr, level);
      }
    }
    return Compat::too_deep;
  }

 private:
  static TypeId inner(const btf::View& btf, const Side& side) {
    if (side.kind == Kind::kPtr) return TypeId{btf.third_word(side.id)};
    return std::get<btf::Array>(btf.decode(side.id)).type;
  }

  static std::uint32_t elements(const btf::View& btf, const Side& side) {
    return std::get<btf::Array>(btf.decode(side.id)).nr_elems;
  }

  static bool is_union_fwd(const btf::View& btf, const Side& side) {
    return btf.info(side.id).kind_flag;
  }

  /// matches() for kinds that no chain goes through.
  Compat leaf_matches(const Side& local, const Side& target, bool behind_ptr, int level) {
    switch (local.kind) {
      case Kind::kVoid: return when(target.kind == Kind::kVoid);
      case Kind::kFwd: return forward_matches(local, target, behind_ptr);
      case Kind::kEnum:
      case Kind::kEnum64:
        return is_enum(target.kind) ? enumerators_match(local, target) : Compat::no;
      case Kind::kStruct:
      case Kind::kUnion:
        if (!behind_ptr) {
          return local.kind == target.kind ? members_match(local, target, level) : Compat::no;
        }
        if (local.kind == target.kind) return Compat::yes;
        return when(target.kind == Kind::kFwd &&
                    is_union_fwd(target_, target) == (local.kind == Kind::kUnion));
      case Kind::kInt: return ints_match(local, target);
      default: return Compat::no;
    }
  }

  Compat forward_matches(const Side& local, const Side& target, bool behind_ptr) const {
    const bool is_union = is_union_fwd(local_, local);
    if (target.kind == Kind::kFwd) return when(is_union == is_union_fwd(target_, target));
    return when(behind_ptr && target.kind == (is_union ? Kind::kUnion : Kind::kStruct));
  }

  Compat ints_match(const Side& local, const Side& target) const {
    if (target.kind != Kind::kInt) return Compat::no;
    const auto ours = std::get<btf::Int>(local_.decode(local.id));
    const auto theirs = std::get<btf::Int>(target_.decode(target.id));
    return when(ours.size == theirs.size &&
                (ours.encoding & btf::kIntSigned) == (theirs.encoding & btf::kIntSigned));
  }

  /// Every local enumerator has one of that name in the target, of whatever value.
  Compat enumerators_match(const Side& local, const Side& target) {
    if (local_.third_word(local.id) != target_.third_word(target.id)) return Compat::no;
    const std::uint32_t ours = local_.info(local.id).vlen;
    const std::uint32_t theirs = target_.info(target.id).vlen;
    if (ours > theirs) return Compat::no;
    for (std::uint32_t i = 0; i < ours; ++i) {
      const std::string_view name = local_.string(enumerator_of(local_, local.id, i).name);
      bool found = false;
      for (std::uint32_t j = 0; j < theirs && !found; ++j) {
        if (!budget_.spend(1)) return Compat::too_deep;
        found =
            essential_names_equal(name, target_.string(enumerator_of(target_, target.id, j).name));
      }
      if (!found) return Compat::no;
    }
    return Compat::yes;
  }

  /// Every local member has a target member of a matching name and type, at any place.
  Compat members_match(const Side& local, const Side& target, int level) {
    const auto ours = *members_of(local_, local.id);
    const auto theirs = *members_of(target_, target.id);
    if (ours.size() > theirs.size()) return Compat::no;
    for (const btf::Member member : ours) {
      const std::string_view name = local_.string(member.name);
      bool found = false;
      for (std::uint32_t j = 0; j < theirs.size() && !found; ++j) {
        const btf::Member other = theirs[j];
        if (!budget_.spend(1)) return Compat::too_deep;
        if (!essential_names_equal(name, target_.string(other.name))) continue;
        const Compat type = matches(member.type, other.type, /*behind_ptr=*/false, level - 1);
        if (type == Compat::too_deep) return type;
        found = type == Compat::yes;
      }
      if (!found) return Compat::no;
    }
    return Compat::yes;
  }

  const btf::View& local_;
  const btf::View& target_;
  Budget& budget_;
};

}  // namespace

bool kinds_are_compat(Kind a, Kind b) { return a == b || (is_enum(a) && is_enum(b)); }

bool essential_names_equal(std::string_view a, std::string_view b) {
  return a.substr(0, btf::essential_length(a)) == b.substr(0, btf::essential_length(b));
}

Compat fields_are_compat(const TypePair& types, Budget& budget) {
  TypeId local_id = types.local;
  TypeId target_id = types.target;
  while (budget.spend(1)) {
    const Side local = resolve(types.local_btf, local_id);
    const Side target = resolve(types.target_btf, target_id);
    if (is_composite(local.kind) && is_composite(target.kind)) return Compat::yes;
    if (!kinds_are_compat(local.kind, target.kind)) return Compat::no;
    switch (local.kind) {
      case Kind::kPtr:
      case Kind::kFloat: return Compat::yes;
      case Kind::kFwd:
      case Kind::kEnum:
      case Kind::kEnum64: {
        const std::string_view ours = types.local_btf.name(local.id);
        const std::string_view theirs = types.target_btf.name(target.id);
        return when(ours.empty() || theirs.empty() || essential_names_equal(ours, theirs));
      }
      case Kind::kInt:
        return when(int_offset(types.local_btf, local).value == 0 &&
                    int_offset(types.target_btf, target).value == 0);
      case Kind::kArray:
        local_id = std::get<btf::Array>(types.local_btf.decode(local.id)).type;
        target_id = std::get<btf::Array>(types.target_btf.decode(target.id)).type;
        continue;
      default: return Compat::no;
    }
  }
  return Compat::too_deep;
}

Compat types_are_compat(const TypePair& types, Budget& budget) {
  const auto local = types.local_btf.kind(types.local);
  const auto target = types.target_btf.kind(types.target);
  if (!local || !target || !kinds_are_compat(*local, *target)) return Compat::no;
  return Comparison(types.local_btf, types.target_btf, budget)
      .compatible(types.local, types.target, kMaxLevel);
}

Compat types_match(const TypePair& types, Budget& budget) {
  return Comparison(types.local_btf, types.target_btf, budget)
      .matches(types.local, types.target, /*behind_ptr=*/false, kMaxLevel);
}

}  // namespace btfreloc::core
