#include "btf/legalize/renamer.h"

#include <fmt/format.h>

#include <string>
#include <unordered_set>

namespace btfreloc::btf {

void Renamer::learn(TypeId id) {
  const auto kind = view_.kind(id);
  const bool has_any_text = kind == Kind::kInt || kind == Kind::kFloat || kind == Kind::kDeclTag ||
                            kind == Kind::kTypeTag;
  if (!has_any_text) type_names_.add(view_.name(id));
}

StrOff Renamer::type_name(StrOff name, NameOfType as) {
  const std::string_view text = view_.string(name);
  if (text.empty()) {
    if (!as.is_needed) return without_empty_name(name);
    std::string given = fmt::format("anon_{}", rewrite_.id().value);
    while (is_taken(given)) given += '_';
    rewrite_.changed(ChangeKind::named, fmt::format("gets the name {}", given),
                     as.changes_relocations);
    return rewrite_.builder().string(given);
  }
  if (is_legal(text, as.may_have_dots || rewrite_.takes(Feature::dotted_names))) return name;
  const std::string legal = type_names_.unique(text);
  rewrite_.changed(ChangeKind::renamed, fmt::format("becomes {}", legal), as.changes_relocations);
  return rewrite_.builder().string(legal);
}

/// Sections keep their dots, and from 6.9 on everything that is printable.
StrOff Renamer::section_name(StrOff name, bool is_section) {
  const std::string_view text = view_.string(name);
  if (is_section && !text.empty() && rewrite_.takes(Feature::datasec_names)) return name;
  std::string legal(text);
  if (legal.empty()) legal = fmt::format("anon_{}", rewrite_.id().value);
  for (std::size_t i = 0; i < legal.size(); ++i) {
    const std::string_view character(&legal[i], 1);
    const bool is_digit = legal[i] >= '0' && legal[i] <= '9';
    if ((is_section && legal[i] == '.') || (is_digit && i > 0)) continue;
    if (!is_legal_name(character)) legal[i] = '_';
  }
  const std::size_t longest = rewrite_.longest_name();
  if (legal.size() > longest) legal = legal_name(legal, longest);
  if (legal == text) return name;
  rewrite_.changed(text.empty() ? ChangeKind::named : ChangeKind::renamed,
                   fmt::format("becomes {}", legal), false);
  return rewrite_.builder().string(legal);
}

bool Renamer::is_legal(std::string_view name, bool may_have_dots) const {
  const std::size_t longest = rewrite_.longest_name();
  if (!may_have_dots || !name.contains('.')) return is_legal_name(name, longest);
  std::string without(name);
  std::ranges::replace(without, '.', '_');
  return is_legal_name(without, longest);
}

bool Renamer::is_taken(std::string_view name) const {
  return !view_.named(name.substr(0, essential_length(name))).empty();
}

StrOff Renamer::without_empty_name(StrOff name) {
  if (name.value != 0) rewrite_.changed(ChangeKind::unnamed, "loses an empty name", false);
  return {};
}

bool Renamer::is_fine(StrOff name, const NamesOfRecords& as) const {
  const std::string_view text = view_.string(name);
  if (text.empty()) return as.stem.empty() && name.value == 0;
  return is_legal(text, rewrite_.takes(Feature::dotted_names));
}

void Renamer::rename(std::vector<StrOff>& names, const NamesOfRecords& as) {
  const std::size_t longest = rewrite_.longest_name();
  LegalNames legal_names(longest);
  std::unordered_set<std::string> taken;
  for (const StrOff name : names) {
    legal_names.add(view_.string(name));
    taken.emplace(view_.string(name).substr(0, longest));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_fine(names[i], as)) continue;
    const std::string_view old = view_.string(names[i]);
    if (old.empty() && as.stem.empty()) {
      names[i] = without_empty_name(names[i]);
      continue;
    }
    std::string legal = old.empty() ? fmt::format("{}{}", as.stem, i) : legal_names.unique(old);
    while (old.empty() && taken.contains(legal)) legal += '_';
    taken.insert(legal);
    rewrite_.changed(old.empty() ? ChangeKind::named : ChangeKind::renamed,
                     old.empty() ? fmt::format("{} {} gets the name {}", as.what, i, legal)
                                 : fmt::format("{} '{}' becomes {}", as.what, old, legal),
                     as.changes_relocations);
    names[i] = rewrite_.builder().string(legal);
  }
}

}  // namespace btfreloc::btf
