#include "kernels/catalogue.h"

#include <algorithm>
#include <array>
#include <utility>

namespace btfreloc::kernels {

std::uint32_t Catalogue::symbol(SymbolKind kind, std::uint32_t name) {
  const std::array<std::uint32_t, 2> key = {kind, name};
  const std::uint64_t hash = hash64(std::as_bytes(std::span(key)));
  const std::uint32_t found = symbol_index_.find(hash, [&](std::uint32_t number) {
    return symbols_[number].kind == kind && symbols_[number].name == name;
  });
  if (found != HashIndex::kNone) return found;
  const auto number = static_cast<std::uint32_t>(symbols_.size());
  symbols_.push_back({.name = name, .kind = kind});
  symbol_index_.insert(hash, number);
  return number;
}

std::uint32_t Catalogue::version(std::uint32_t symbol, std::span<const Word> content) {
  std::vector<Version>& versions = symbols_[symbol].versions;
  const std::uint64_t hash = hash64(std::as_bytes(content));
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].hash == hash && std::ranges::equal(this->content(versions[i]), content)) {
      return static_cast<std::uint32_t>(i);
    }
  }
  versions.push_back(
      {.hash = hash, .begin = words_.size(), .size = static_cast<std::uint32_t>(content.size())});
  words_.insert(words_.end(), content.begin(), content.end());
  return static_cast<std::uint32_t>(versions.size() - 1);
}

std::uint32_t Catalogue::add_column(Column column, std::optional<std::uint32_t> kernel) {
  const auto number = static_cast<std::uint32_t>(columns.size());
  columns.push_back(std::move(column));
  kernels.push_back(kernel.value_or(number));
  is_live.push_back(true);
  return number;
}

void Catalogue::set_row(std::uint32_t symbol, std::span<const std::uint32_t> versions) {
  Symbol& of = symbols_[symbol];
  auto found = std::ranges::find_if(
      of.sets, [&](const auto& set) { return std::ranges::equal(set, versions); });
  if (found == of.sets.end()) {
    of.sets.emplace_back(versions.begin(), versions.end());
    found = of.sets.end() - 1;
  }
  const auto set = static_cast<std::uint32_t>(found - of.sets.begin()) + 1;
  const auto column = static_cast<std::uint32_t>(columns.size() - 1);
  if (!of.row.empty() && of.row.back().end == column && of.row.back().set == set) {
    ++of.row.back().end;
  } else {
    of.row.push_back({.begin = column, .end = column + 1, .set = set});
  }
}

std::uint32_t Catalogue::set_in(const Symbol& symbol, std::uint32_t column) {
  const auto run = std::ranges::upper_bound(symbol.row, column, {}, &Run::end);
  return run != symbol.row.end() && run->begin <= column ? run->set : 0;
}

bool Catalogue::are_equal(std::uint32_t a, std::uint32_t b) const {
  return std::ranges::all_of(
      symbols_, [&](const Symbol& symbol) { return set_in(symbol, a) == set_in(symbol, b); });
}

}  // namespace btfreloc::kernels
