#include "btf/legal_names.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>

namespace btfreloc::btf {
namespace {

// Not those of <cctype>: they ask the locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

/// The spelling, cut to fit with half the hash of what it is of behind it.
std::string with_hash(std::string_view spelling, std::uint64_t hash, std::size_t longest) {
  const std::string suffix = fmt::format("_{:08x}", static_cast<std::uint32_t>(hash));
  spelling = spelling.substr(0, longest - std::min(longest, suffix.size()));
  // One underscore more would be one of a flavor's three.
  while (spelling.ends_with('_')) spelling.remove_suffix(1);
  return std::string(spelling) + suffix;
}

}  // namespace

bool is_legal_name(std::string_view name, std::size_t longest) {
  if (name.empty()) return true;
  return name.size() <= longest && !is_digit(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

std::string legal_name(std::string_view original, std::size_t longest) {
  if (is_legal_name(original, longest)) return std::string(original);
  std::string spelling;
  if (is_digit(original[0])) spelling = "_";
  for (std::size_t i = 0; i < original.size();) {
    if (is_letter_or_digit(original[i])) {
      spelling += original[i++];
      continue;
    }
    // A run of underscores and illegal characters.
    std::size_t underscores = 0;
    bool is_changed = false;
    for (bool was_legal = true; i < original.size() && !is_letter_or_digit(original[i]); ++i) {
      const bool is_underscore = original[i] == '_';
      if (is_underscore || was_legal) ++underscores;
      if (!is_underscore) is_changed = true;
      was_legal = is_underscore;
    }
    spelling.append(is_changed ? std::min<std::size_t>(underscores, 2) : underscores, '_');
  }
  return spelling.size() <= longest ? spelling : with_hash(spelling, hash_of(original), longest);
}

const LegalNames::Use& LegalNames::enter(const std::string& spelling, std::uint64_t identity_hash) {
  const auto [use, is_new] = uses_.try_emplace(spelling, Use{.identity_hash = identity_hash});
  if (!is_new && use->second.identity_hash != identity_hash) use->second.is_shared = true;
  return use->second;
}

void LegalNames::add(std::string_view original, std::string_view identity) {
  enter(legal_name(original, longest_), hash_of(identity));
}

std::string LegalNames::unique(std::string_view original, std::string_view identity) {
  std::string spelling = legal_name(original, longest_);
  const std::uint64_t hash = hash_of(identity);
  const bool is_shared = enter(spelling, hash).is_shared;
  return is_shared && spelling != original ? with_hash(spelling, hash, longest_) : spelling;
}

}  // namespace btfreloc::btf
