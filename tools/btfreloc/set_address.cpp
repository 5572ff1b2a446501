#include "btfreloc/set_address.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "btfreloc/suggest.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".btfset";

bool is_match(const std::string& pattern, const std::string& text) {
  return pattern == text || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

/// "SET:PATTERN" where SET is a file, or is called like a set.
std::optional<SetAddress> split_at_colon(const std::string& address) {
  for (std::size_t colon = address.find(':'); colon != std::string::npos;
       colon = address.find(':', colon + 1)) {
    std::string set = address.substr(0, colon);
    std::error_code error;
    if (set.ends_with(kEnding) || fs::is_regular_file(set, error)) {
      return SetAddress{.set = std::move(set), .pattern = address.substr(colon + 1)};
    }
  }
  return std::nullopt;
}

std::string hint_for(std::span<const kernels::Column> columns, const ColumnPattern& pattern,
                     const std::string& text) {
  std::vector<std::string> names;
  for (const kernels::Column& column : columns) {
    // Of modules only those of that kernel: there are thousands.
    const bool is_near = column.is_module()
                             ? !pattern.module.empty() && column.label == pattern.label
                             : pattern.module.empty();
    if (is_near) names.push_back(kernels::address(column));
  }
  if (names.empty() && !pattern.module.empty()) {
    for (const kernels::Column& column : columns) {
      if (!column.is_module()) names.push_back(column.label);
    }
    return names.empty() ? "" : name_one_of(names);
  }
  const std::string help = did_you_mean(nearest(text, {names.begin(), names.end()}));
  return help.empty() && !names.empty() ? name_one_of(names) : help;
}

}  // namespace

std::string name_one_of(const std::vector<std::string>& labels) {
  constexpr std::size_t kMostNames = 20;
  std::string text = "name one: ";
  for (std::size_t i = 0; i < labels.size() && i < kMostNames; ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", labels[i]);
  }
  return labels.size() > kMostNames ? text + ", ..." : text;
}

std::optional<SetAddress> parse_set_address(const std::string& address) {
  if (address.empty()) return std::nullopt;
  if (address == kShipped) return SetAddress{.set = address, .pattern = {}};
  if (address.starts_with(kShipped) && address[kShipped.size()] == ':') {
    return SetAddress{.set = std::string(kShipped), .pattern = address.substr(kShipped.size() + 1)};
  }
  if (address.starts_with('@') || address == "-") return std::nullopt;
  std::error_code error;
  if (fs::exists(address, error)) {
    const bool is_set =
        is_set_file(address) || (address.ends_with(kEnding) && fs::is_regular_file(address, error));
    if (!is_set) return std::nullopt;
    return SetAddress{.set = address, .pattern = {}};
  }
  if (auto split = split_at_colon(address)) return split;
  if (address.ends_with(kEnding)) return SetAddress{.set = address, .pattern = {}};
  if (address.contains('/')) return std::nullopt;
  return SetAddress{.set = std::string(kShipped), .pattern = address, .is_label = true};
}

ColumnPattern ColumnPattern::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {.label = std::string(text), .module = {}};
  return {.label = std::string(text.substr(0, slash)),
          .module = std::string(text.substr(slash + 1))};
}

bool ColumnPattern::matches(const kernels::Column& column) const {
  if (column.is_module() == module.empty()) return false;
  return is_match(label, column.label) && (module.empty() || is_match(module, column.module));
}

Result<std::vector<std::size_t>> find_columns(std::span<const kernels::Column> columns,
                                              const std::string& text, const std::string& set) {
  const ColumnPattern pattern = ColumnPattern::parse(text);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (kernels::address(columns[i]) == text) return std::vector<std::size_t>{i};
    if (pattern.matches(columns[i])) found.push_back(i);
  }
  if (!found.empty()) return found;
  return fail(Errc::not_found, fmt::format("the set has no `{}`", text), {.file = set},
              hint_for(columns, pattern, text));
}

Result<SetKernels> find_kernels(const SetAddress& address) {
  auto file = SetFile::open(address.set);
  if (!file) {
    if (!address.is_label) return std::unexpected(std::move(file).error());
    return fail_errno(
        ENOENT, "cannot open", {.file = address.pattern},
        "kernels are looked up by label in the set that comes with btfreloc, which is "
        "not there: set BTFRELOC_SHIPPED to where shipped.btfset is");
  }
  const std::vector<kernels::Column>& columns = (*file)->set().columns();
  const auto first_module = std::ranges::find_if(columns, &kernels::Column::is_module);
  const std::span<const kernels::Column> only_kernels(columns.begin(), first_module);
  const std::string pattern = address.pattern.empty() ? "*" : address.pattern;
  auto found = find_columns(only_kernels, pattern, address.set);
  if (found) return SetKernels{*std::move(file), *std::move(found)};
  Error error = std::move(found).error();
  if (only_kernels.empty()) {
    error.message = "the set has no kernels";
    error.hint = "`btfreloc kernels add SET FILE...` adds some";
  } else if (address.is_label) {
    error.message = fmt::format("`{}` is neither a file nor a kernel of @shipped", address.pattern);
  }
  return std::unexpected(std::move(error));
}

}  // namespace btfreloc::tool
