#include "legal_names.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace btfreloc::pass {
namespace {

using llvm::StringRef;

bool is_legal(char character) { return llvm::isAlnum(character) || character == '_'; }

/// `_` and the low 32 bits of the text's XXH3_64bits, as 8 hex digits.
std::string hash_suffix(StringRef text) {
  const XXH64_hash_t hash = XXH3_64bits(text.data(), text.size());
  std::string suffix;
  llvm::raw_string_ostream(suffix) << llvm::format("_%08x", static_cast<unsigned>(hash));
  return suffix;
}

/// The spelling, cut to fit with the hash of what it is of behind it.
std::string with_hash(StringRef spelling, StringRef identity) {
  const std::string suffix = hash_suffix(identity);
  return spelling.take_front(kLongestName - suffix.size()).rtrim('_').str() + suffix;
}

}  // namespace

bool is_legal_name(StringRef name) {
  if (name.empty()) return true;
  return name.size() <= kLongestName && !llvm::isDigit(name[0]) && llvm::all_of(name, is_legal);
}

bool is_legal_variable_name(StringRef name) {
  return name.size() <= kLongestName && !(!name.empty() && llvm::isDigit(name[0])) &&
         llvm::all_of(name, [](char character) { return is_legal(character) || character == '.'; });
}

std::string legal_spelling(StringRef name) {
  if (is_legal_name(name)) return name.str();
  std::string spelling;
  if (llvm::isDigit(name[0])) spelling = "_";
  for (std::size_t i = 0; i < name.size();) {
    if (llvm::isAlnum(name[i])) {
      spelling += name[i++];
      continue;
    }
    // A run of underscores and illegal characters.
    std::size_t underscores = 0;
    bool is_changed = false;
    for (bool was_legal = true; i < name.size() && !llvm::isAlnum(name[i]); ++i) {
      const bool is_underscore = name[i] == '_';
      if (is_underscore || was_legal) ++underscores;
      if (!is_underscore) is_changed = true;
      was_legal = is_underscore;
    }
    spelling.append(is_changed ? std::min<std::size_t>(underscores, 2) : underscores, '_');
  }
  return spelling.size() <= kLongestName ? spelling : with_hash(spelling, name);
}

StringRef last_component(StringRef name) {
  const std::size_t scope = name.take_front(name.find_first_of("<([{")).find_last_of(".:");
  const bool has_scope = scope != StringRef::npos && scope + 1 < name.size();
  return has_scope ? name.drop_front(scope + 1) : name;
}

void NameSpace::add(StringRef name, StringRef identity) {
  const auto [use, is_new] =
      uses_.try_emplace(legal_spelling(name), Use{.identity = identity.str()});
  if (!is_new && use->second.identity != identity) use->second.is_shared = true;
}

std::string NameSpace::legal_name(StringRef name, StringRef identity) const {
  const std::string spelling = legal_spelling(name);
  const auto use = uses_.find(spelling);
  const bool is_shared = use != uses_.end() && use->second.is_shared;
  return is_shared && spelling != name ? with_hash(spelling, identity) : spelling;
}

}  // namespace btfreloc::pass
