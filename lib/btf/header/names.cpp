#include "btf/header/names.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "btf/legal_names.h"

namespace btfreloc::btf {
namespace {

std::uint32_t hash_of(std::uint32_t space, std::string_view name) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(name.data(), name.size(), space));
}

/// Sixteen characters, which compilers for all machines compare at once.
using Characters = unsigned char __attribute__((vector_size(16)));

template <class Word>
Word load_word(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// All of a name of up to 16 characters, some of them twice.
Characters short_name(std::string_view name) {
  const char* const first = name.data();
  const char* const end = first + name.size();
  std::array<std::uint64_t, 2> halves;
  if (name.size() >= 8) {
    halves = {load_word<std::uint64_t>(first), load_word<std::uint64_t>(end - 8)};
  } else if (name.size() >= 4) {
    const auto both =
        std::uint64_t{load_word<std::uint32_t>(first)} << 32 | load_word<std::uint32_t>(end - 4);
    halves = {both, both};
  } else {
    halves.fill(0x0101010101010101 * static_cast<unsigned char>(first[0]));
    std::memcpy(halves.data(), first, name.size());
  }
  return load_word<Characters>(reinterpret_cast<const char*>(halves.data()));
}

/// Where others than letters, digits and underscores are.
Characters bad_characters(Characters c) {
  const Characters letter = (c | 0x20) - 'a';
  const Characters digit = c - '0';
  return static_cast<Characters>((letter > 25) & (digit > 9) & (c != '_'));
}

/// Whether it has letters, digits and underscores only, one at least.
bool is_word(std::string_view name) {
  Characters bad;
  if (name.size() <= sizeof bad) {
    bad = bad_characters(short_name(name));
  } else {
    bad = bad_characters(load_word<Characters>(name.data() + name.size() - sizeof bad));
    for (std::size_t at = 0; at + sizeof bad < name.size(); at += sizeof bad) {
      bad |= bad_characters(load_word<Characters>(name.data() + at));
    }
  }
  const auto any = load_word<std::array<std::uint64_t, 2>>(reinterpret_cast<const char*>(&bad));
  return (any[0] | any[1]) == 0;
}

bool is_usable(std::string_view name, const NameRules& rules) {
  if (name.empty() || name.size() > kLongestNameInHeader) return false;
  if (name[0] >= '0' && name[0] <= '9') return false;
  return is_word(name) && !rules.is_reserved(name);
}

/// With room for a suffix.
std::string spelling_of(std::string_view name) {
  constexpr std::size_t kSuffix = 16;
  return name.empty() ? "_" : legal_name(name, kLongestNameInHeader - kSuffix);
}

}  // namespace

std::optional<std::uint32_t> NameTable::enter(std::uint32_t space, std::string_view name,
                                              std::uint32_t number) {
  if (used_ * 4 >= slots_.size() * 3) grow();
  const std::uint32_t hash = hash_of(space, name);
  Slot& place = slot(space, name, hash);
  if (is_used(place)) return place.number;
  ++used_;
  place = {name.data(), static_cast<std::uint32_t>(name.size()), hash, space, number};
  return std::nullopt;
}

bool NameTable::has(std::uint32_t space, std::string_view name) {
  return is_used(slot(space, name, hash_of(space, name)));
}

void NameTable::clear(std::uint32_t first) {
  first_ = first;
  used_ = 0;
}

NameTable::Slot& NameTable::slot(std::uint32_t space, std::string_view name, std::uint32_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (!is_used(slot)) return slot;
    if (slot.hash == hash && slot.space == space && slot.size == name.size() &&
        std::memcmp(slot.name, name.data(), name.size()) == 0) {
      return slot;
    }
  }
}

void NameTable::grow() {
  const auto old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& place : old) {
    if (is_used(place)) slot(place.space, {place.name, place.size}, place.hash) = place;
  }
}

HeaderNames::HeaderNames(const HeaderSelection& selection, const NameRules& rules)
    : view_(&selection.view()),
      rules_(rules),
      is_renamed_(view_->size()),
      has_renamed_(view_->size()) {
  std::vector<TypeId> with_enumerators;
  std::vector<TypeId> typedefs;
  std::vector<TypeId> forwards;
  std::vector<TypeId> functions;
  for (TypeId id{1}; id.value < view_->size(); ++id.value) {
    const auto kind = view_->kind(id);
    if (!kind || selection.extent(id) == Extent::absent) continue;
    if (kind == Kind::kTypedef) {
      if (rules.one_namespace_of_types) {
        typedefs.push_back(id);
      } else {
        enter(kValues, id, kItself, view_->name(id));
      }
    } else if (is_composite(*kind)) {
      enter(kTags, id, kItself, view_->name(id));
    } else if (is_enum(*kind)) {
      enter(kTags, id, kItself, view_->name(id));
      with_enumerators.push_back(id);
    } else if (kind == Kind::kFwd) {
      forwards.push_back(id);
    } else if (kind == Kind::kFunc) {
      functions.push_back(id);
    }
  }
  for (const TypeId id : functions) enter(kValues, id, kItself, view_->name(id));
  for (const TypeId id : with_enumerators) enter_enumerators(selection, id);
  // Names that are taken as they are go first, so that no new one is in their way.
  for (const Clash& clash : std::exchange(clashes_, {})) rename(clash);
  for (const TypeId id : forwards) enter_forward(id);
  for (const TypeId id : typedefs) enter_typedef(id);
}

void HeaderNames::enter(std::uint32_t space, TypeId id, std::uint32_t index,
                        std::string_view name) {
  if (name.empty() && index == kItself) return;
  if (!is_usable(name, rules_) || table_.enter(space, name, id.value)) {
    clashes_.push_back({space, id, index, name});
  }
}

void HeaderNames::enter_enumerators(const HeaderSelection& selection, TypeId id) {
  const bool is_whole = selection.extent(id) == Extent::whole;
  const auto enter_all = [&](const auto& enumeration) {
    std::uint32_t index = 0;
    for (const Enumerator value : enumeration.values) {
      if (is_whole || selection.has_record(id, index)) {
        enter(kValues, id, index, view_->string(value.name));
      }
      ++index;
    }
  };
  const Type type = view_->decode(id);
  if (const auto* small = std::get_if<Enum>(&type)) enter_all(*small);
  if (const auto* large = std::get_if<Enum64>(&type)) enter_all(*large);
}

void HeaderNames::enter_forward(TypeId id) {
  const std::string_view name = view_->name(id);
  if (name.empty()) return;
  if (!is_usable(name, rules_)) return rename({kTags, id, kItself, name});
  const auto other = table_.enter(kTags, name, id.value);
  if (!other) return;
  const bool is_union = view_->info(id).kind_flag;
  const Info info = view_->info(TypeId{*other});
  const auto kind = static_cast<Kind>(info.kind);
  const bool is_same = kind == (is_union ? Kind::kUnion : Kind::kStruct) ||
                       (kind == Kind::kFwd && info.kind_flag == is_union);
  if (!is_same) rename({kTags, id, kItself, name});
}

/// Among structs, unions and enums, whose names are what CO-RE goes by: they keep theirs.
void HeaderNames::enter_typedef(TypeId id) {
  const TypeId target = view_->skip_modifiers(TypeId{view_->third_word(id)});
  const std::string_view name = view_->name(id);
  const Kind kind = view_->kind(target).value_or(Kind::kVoid);
  const bool is_tag = is_composite(kind) || is_enum(kind) || kind == Kind::kFwd;
  if (is_tag && view_->name(target) == name) return;  // `typedef struct foo foo`
  if (is_usable(name, rules_) && !table_.enter(kTags, name, id.value)) return;
  rename({kTags, id, kItself, name});
}

void HeaderNames::rename(const Clash& clash) {
  const std::string spelling = spelling_of(clash.name);
  std::uint32_t& suffix = last_suffix_[clash.space].try_emplace(spelling, 1).first->second;
  std::string& name = renamed_[key(clash.type, clash.index)];
  const bool is_new_spelling = spelling != clash.name && !rules_.is_reserved(spelling);
  if (is_new_spelling && !table_.has(clash.space, spelling)) {
    name = spelling;
  } else {
    do {
      name = fmt::format("{}___{}", spelling, ++suffix);
    } while (table_.has(clash.space, name));
  }
  table_.enter(clash.space, name, clash.type.value);
  (clash.index == kItself ? is_renamed_ : has_renamed_)[clash.type.value] = true;
}

std::string_view HeaderNames::renamed(TypeId id, std::uint32_t index) const {
  const auto found = renamed_.find(key(id, index));
  if (found != renamed_.end()) return found->second;
  const Type type = view_->decode(id);
  if (const auto* small = std::get_if<Enum>(&type)) return view_->string(small->values[index].name);
  return view_->string(std::get<Enum64>(type).values[index].name);
}

void MemberNames::clear() {
  spaces_.assign(1, ++last_space_);
  table_.clear(last_space_);
  if (renamed_.empty()) return;
  renamed_.clear();
  last_suffix_.clear();
}

std::string_view MemberNames::add(StrOff name) {
  const std::string_view text = view_->string(name);
  if (is_usable(text, rules_) && !table_.enter(spaces_.back(), text, 0)) return text;
  return rename(text);
}

std::string_view MemberNames::rename(std::string_view name) {
  const std::string spelling = spelling_of(name);
  std::string candidate = spelling;
  const std::pair key(spaces_.back(), name);
  std::uint32_t& suffix = last_suffix_.try_emplace(key, 1).first->second;
  while (candidate == name || rules_.is_reserved(candidate) ||
         table_.has(spaces_.back(), candidate)) {
    candidate = fmt::format("{}_{}", spelling, ++suffix);
  }
  renamed_.push_back(std::move(candidate));
  table_.enter(spaces_.back(), renamed_.back(), 0);
  return renamed_.back();
}

}  // namespace btfreloc::btf
