#include "btf/compare/type_pairs.h"

#include <algorithm>
#include <functional>

#include "btf/c_text.h"
#include "btf/compare/changes.h"

namespace btfreloc::btf {
namespace {

/// Types of one name on one side that are compared with one another; more are paired by id alone.
constexpr std::size_t kMaxCompared = 16;

struct Named {
  NameSpace space;
  std::string_view name;
  TypeId type;

  bool same_name(const Named& other) const { return space == other.space && name == other.name; }
};

/// Types of one side by name: chains through a table of hashes.
class Names {
 public:
  explicit Names(const View& view) {
    named_.reserve(view.own_count());
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      const auto space = name_space(view, id);
      if (space) named_.push_back({*space, view.name(id), id});
    }
    std::size_t slots = 16;
    while (slots < 2 * named_.size()) slots *= 2;
    table_.resize(slots);
    same_.resize(named_.size());
    // Backwards, so that chains of one name ascend.
    for (std::size_t i = named_.size(); i-- > 0;) {
      std::uint32_t& slot = table_[slot_of(named_[i])];
      same_[i] = slot;
      slot = static_cast<std::uint32_t>(i) + 1;
    }
  }

  const std::vector<Named>& all() const { return named_; }
  /// Those with the name of `like`, ascending.
  std::vector<TypeId> like(const Named& like) const {
    std::vector<TypeId> types;
    for (std::uint32_t at = table_[slot_of(like)]; at != 0; at = same_[at - 1]) {
      types.push_back(named_[at - 1].type);
    }
    return types;
  }
  bool has(const Named& like) const { return table_[slot_of(like)] != 0; }
  /// True for the first of its name.
  bool is_first(std::size_t index) const { return table_[slot_of(named_[index])] == index + 1; }

 private:
  /// Where the chain of that name starts, or would.
  std::size_t slot_of(const Named& named) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot =
        std::hash<std::string_view>()(named.name) + static_cast<std::size_t>(named.space);
    while (table_[slot & mask] != 0 && !named_[table_[slot & mask] - 1].same_name(named)) ++slot;
    return slot & mask;
  }

  std::vector<Named> named_;
  std::vector<std::uint32_t> table_;  ///< Indices into named_ plus one; 0 is empty.
  std::vector<std::uint32_t> same_;   ///< Beside named_: the next of that name, likewise.
};

/// Pairs types of one name, and numbers them where there are several.
class Pairing {
 public:
  explicit Pairing(SameTypes& types) : types_(types) {}

  void add(std::vector<TypeId> before, std::vector<TypeId> after) {
    const bool is_numbered = before.size() > 1 || after.size() > 1;
    const std::size_t first = pairs_.size();
    if (is_numbered && before.size() <= kMaxCompared && after.size() <= kMaxCompared) {
      pair_equal(before, after);
    }
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
      NamedPair pair;
      if (i < before.size()) pair.before = before[i];
      if (i < after.size()) pair.after = after[i];
      pairs_.push_back(pair);
    }
    if (!is_numbered) return;
    const auto of_name = pairs_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(of_name, pairs_.end(), [](const NamedPair& a, const NamedPair& b) {
      if (a.after && b.after) return *a.after < *b.after;
      if (a.after || b.after) return a.after.has_value();
      return *a.before < *b.before;
    });
    std::uint32_t number = 0;
    for (auto pair = of_name; pair != pairs_.end(); ++pair) pair->number = ++number;
  }
  std::vector<NamedPair> pairs() && { return std::move(pairs_); }

 private:
  /// Takes those out that have an equal counterpart.
  void pair_equal(std::vector<TypeId>& before, std::vector<TypeId>& after) {
    std::erase_if(after, [&](TypeId now) {
      const auto equal = std::ranges::find_if(
          before, [&](TypeId old) { return !compare_types(types_, old, now).differs(); });
      if (equal == before.end()) return false;
      pairs_.push_back({.before = *equal, .after = now});
      before.erase(equal);
      return true;
    });
  }

  SameTypes& types_;
  std::vector<NamedPair> pairs_;
};

}  // namespace

std::optional<NameSpace> name_space(const View& view, TypeId id) {
  if (view.first_char(view.name_offset(id)) == '\0') return std::nullopt;
  switch (view.kind(id).value_or(Kind::kVoid)) {
    case Kind::kStruct:
    case Kind::kUnion:
    case Kind::kEnum:
    case Kind::kEnum64: return NameSpace::tag;
    case Kind::kInt:
    case Kind::kFloat:
    case Kind::kTypedef: return NameSpace::ordinary;
    case Kind::kFunc: return NameSpace::function;
    case Kind::kVar: return NameSpace::variable;
    default: return std::nullopt;
  }
}

std::vector<NamedPair> pair_types(SameTypes& types) {
  const Names before(types.before());
  const Names after(types.after());
  Pairing pairing(types);
  for (std::size_t i = 0; i < after.all().size(); ++i) {
    if (after.is_first(i)) pairing.add(before.like(after.all()[i]), after.like(after.all()[i]));
  }
  for (std::size_t i = 0; i < before.all().size(); ++i) {
    const Named& named = before.all()[i];
    if (before.is_first(i) && !after.has(named)) pairing.add(before.like(named), {});
  }
  return std::move(pairing).pairs();
}

std::vector<NamedPair> pair_types_named(SameTypes& types, std::string_view keyword,
                                        std::string_view name) {
  Pairing pairing(types);
  for (const NameSpace space :
       {NameSpace::tag, NameSpace::ordinary, NameSpace::function, NameSpace::variable}) {
    const auto matching = [&](const View& view) {
      std::vector<TypeId> found;
      for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
        const bool matches = view.string_is(view.name_offset(id), name) &&
                             name_space(view, id) == space &&
                             (keyword.empty() || keyword == btf::keyword(view, id));
        if (matches) found.push_back(id);
      }
      return found;
    };
    pairing.add(matching(types.before()), matching(types.after()));
  }
  return std::move(pairing).pairs();
}

}  // namespace btfreloc::btf
