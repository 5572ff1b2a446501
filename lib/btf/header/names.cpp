#include "btf/header/names.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
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
using Halves = std::array<std::uint64_t, 2>;

/// 0xff for each character that is no letter, digit or underscore.
Halves non_word_characters(const char* at) {
  Characters c;
  std::memcpy(&c, at, sizeof c);
  const Characters letter = (c | 0x20) - 'a';
  const Characters digit = c - '0';
  const auto bad = (letter > 25) & (digit > 9) & (c != '_');
  Halves halves;
  std::memcpy(&halves, &bad, sizeof halves);
  return halves;
}

/// The characters in front of the first that is no letter, digit or underscore.
std::size_t word_size(std::string_view text) {
  std::size_t size = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; text.size() - size >= sizeof(Characters); size += sizeof(Characters)) {
      const Halves bad = non_word_characters(text.data() + size);
      if (bad[0] != 0) return size + static_cast<std::size_t>(std::countr_zero(bad[0])) / 8;
      if (bad[1] != 0) return size + 8 + static_cast<std::size_t>(std::countr_zero(bad[1])) / 8;
    }
  }
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  while (size < text.size() && is_word(text[size])) ++size;
  return size;
}

/// The string, and whether it may name something.
struct Name {
  std::string_view text;
  bool is_usable;
};
Name name_at(const View& view, StrOff offset, const NameRules& rules) {
  const std::string_view strings = view.strings_from(offset);
  const std::size_t size = word_size(strings);
  const bool is_word = size != 0 && size <= kLongestNameInHeader && strings[size] == '\0' &&
                       !(strings[0] >= '0' && strings[0] <= '9');
  if (!is_word) return {view.string(offset), false};
  const std::string_view text = strings.substr(0, size);
  return {text, !rules.is_reserved(text)};
}

/// With room for a suffix.
std::string spelling_of(std::string_view name) {
  constexpr std::size_t kSuffix = 16;
  return name.empty() ? "_" : legal_name(name, kLongestNameInHeader - kSuffix);
}

}  // namespace

std::optional<std::uint32_t> NameTable::enter(std::uint32_t space, std::string_view name,
                                              std::uint32_t number) {
  if (used_ * 4 >= slots_.size() * 3) resize(slots_.size() * 2);
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

void NameTable::reserve(std::size_t names) {
  const std::size_t slots = std::bit_ceil(names + names / 3 + 1);
  if (slots > slots_.size()) resize(slots);
}

void NameTable::resize(std::size_t slots) {
  const auto old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& place : old) {
    if (is_used(place)) slot(place.space, {place.name, place.size}, place.hash) = place;
  }
}

HeaderNames::HeaderNames(const HeaderSelection& selection, const NameRules& rules)
    : view_(&selection.view()),
      rules_(rules),
      is_renamed_(view_->size()),
      has_renamed_(view_->size()) {
  std::vector<TypeId> tags;
  std::vector<TypeId> typedefs;
  std::vector<TypeId> enums;
  std::vector<TypeId> forwards;
  std::vector<TypeId> functions;
  std::size_t names = 0;
  view_->for_each_kind([&](TypeId id, std::uint8_t kind) {
    if (!selection.has(id)) return;
    switch (static_cast<Kind>(kind)) {
      case Kind::kEnum:
      case Kind::kEnum64:
        enums.push_back(id);
        names += view_->info(id).vlen;
        [[fallthrough]];
      case Kind::kStruct:
      case Kind::kUnion: tags.push_back(id); break;
      case Kind::kTypedef: typedefs.push_back(id); break;
      case Kind::kFwd: forwards.push_back(id); break;
      case Kind::kFunc: functions.push_back(id); break;
      default: break;
    }
  });
  table_.reserve(names + tags.size() + typedefs.size() + forwards.size() + functions.size());
  for (const TypeId id : tags) enter(kTags, id, kItself, view_->name_offset(id));
  if (!rules.one_namespace_of_types) {
    for (const TypeId id : typedefs) enter(kValues, id, kItself, view_->name_offset(id));
  }
  for (const TypeId id : functions) enter(kValues, id, kItself, view_->name_offset(id));
  for (const TypeId id : enums) enter_enumerators(selection, id);
  // Names that are taken as they are go first, so that no new one is in their way.
  for (const Clash& clash : std::exchange(clashes_, {})) rename(clash);
  for (const TypeId id : forwards) enter_forward(id);
  if (rules.one_namespace_of_types) {
    for (const TypeId id : typedefs) enter_typedef(id);
  }
}

void HeaderNames::enter(std::uint32_t space, TypeId id, std::uint32_t index, StrOff offset) {
  if (index == kItself && view_->first_char(offset) == '\0') return;
  const Name name = name_at(*view_, offset, rules_);
  if (!name.is_usable || table_.enter(space, name.text, id.value)) {
    clashes_.push_back({space, id, index, name.text});
  }
}

void HeaderNames::enter_enumerators(const HeaderSelection& selection, TypeId id) {
  const bool is_whole = selection.extent(id) == Extent::whole;
  const auto enter_all = [&](const auto& enumeration) {
    std::uint32_t index = 0;
    for (const Enumerator value : enumeration.values) {
      if (is_whole || selection.has_record(id, index)) {
        enter(kValues, id, index, value.name);
      }
      ++index;
    }
  };
  const Type type = view_->decode(id);
  if (const auto* small = std::get_if<Enum>(&type)) enter_all(*small);
  if (const auto* large = std::get_if<Enum64>(&type)) enter_all(*large);
}

void HeaderNames::enter_forward(TypeId id) {
  const auto [name, is_usable] = name_at(*view_, view_->name_offset(id), rules_);
  if (name.empty()) return;
  if (!is_usable) return rename({kTags, id, kItself, name});
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
  const auto [name, is_usable] = name_at(*view_, view_->name_offset(id), rules_);
  const Kind kind = view_->kind(target).value_or(Kind::kVoid);
  const bool is_tag = is_composite(kind) || is_enum(kind) || kind == Kind::kFwd;
  if (is_tag && view_->name(target) == name) return;  // `typedef struct foo foo`
  if (is_usable && !table_.enter(kTags, name, id.value)) return;
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
  few_.clear();
  if (renamed_.empty()) return;
  renamed_.clear();
  last_suffix_.clear();
}

std::string_view MemberNames::add(StrOff offset) {
  const Name name = name_at(*view_, offset, rules_);
  return name.is_usable && enter(name.text) ? name.text : rename(name.text);
}

/// Enters a name, unless it is there. Few names are compared one by one, more go to the table.
bool MemberNames::enter(std::string_view name) {
  constexpr std::size_t kFew = 24;
  const std::uint32_t space = spaces_.back();
  if (few_.size() > kFew) return !table_.enter(space, name, 0);
  for (const Entry& entry : few_) {
    if (entry.name.size() == name.size() && entry.name.back() == name.back() &&
        entry.name == name && entry.space == space) {
      return false;
    }
  }
  few_.push_back({name, space});
  if (few_.size() > kFew) {
    for (const Entry& entry : few_) table_.enter(entry.space, entry.name, 0);
  }
  return true;
}

std::string_view MemberNames::rename(std::string_view name) {
  const std::string spelling = spelling_of(name);
  std::string candidate = spelling;
  const std::pair key(spaces_.back(), name);
  std::uint32_t& suffix = last_suffix_.try_emplace(key, 1).first->second;
  while (true) {
    if (candidate != name && !rules_.is_reserved(candidate)) {
      renamed_.push_back(candidate);
      if (enter(renamed_.back())) return renamed_.back();
      renamed_.pop_back();
    }
    candidate = fmt::format("{}_{}", spelling, ++suffix);
  }
}

}  // namespace btfreloc::btf
