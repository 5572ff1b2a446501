#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "base/printable.h"
#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;

/// The number that `text` is, or that the name `text` stands for.
Result<std::uint32_t> number_or_name(std::string_view text, std::string_view what,
                                     const Result<std::uint32_t>& by_name) {
  if (!is_number(text)) return by_name;
  const auto number = parse_number<std::uint32_t>(text);
  if (!number || *number == 0) {
    return fail(Errc::out_of_range, fmt::format("{} is not the number of {}", shown(text), what));
  }
  if (by_name && *by_name != *number) {
    return fail(Errc::bad_format,
                fmt::format("{} may be the number of {} or the name of another", shown(text), what),
                {}, fmt::format("write {} for the one of that name", *by_name));
  }
  return *number;
}

/// A name that parse_scope() reads back as `value`, or else the number itself.
std::string name_or_number(const std::string& name, std::uint32_t value) {
  const bool is_plain = !name.empty() && !is_number(name) && btfreloc::is_printable(name) &&
                        name.find(' ') == std::string::npos;
  return is_plain ? name : fmt::to_string(value);
}

}  // namespace

std::string_view name(ScopeKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"any", "interface", "group", "netns"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string scope_text(const Scope& scope, const ScopeNames& names) {
  switch (scope.kind) {
    case ScopeKind::interface:
      return name_or_number(names.interface_name(scope.value), scope.value);
    case ScopeKind::netns: return name_or_number(names.netns_name(scope.value), scope.value);
    case ScopeKind::any:
    case ScopeKind::group: break;
  }
  return fmt::to_string(scope.value);
}

Result<Scope> parse_scope(ScopeKind kind, std::string_view text, const ScopeNames& names) {
  Scope scope{.kind = kind};
  if (kind == ScopeKind::interface) {
    TRY(scope.value,
        number_or_name(text, "an interface", names.interface_index(std::string(text))));
  } else if (kind == ScopeKind::netns) {
    TRY(scope.value,
        number_or_name(text, "a network namespace", names.netns_inode(std::string(text))));
  } else if (kind == ScopeKind::group) {
    const auto group = parse_number<std::uint32_t>(text);
    if (!group) {
      return fail(Errc::bad_format, shown(text) + " is not the number of a device group", {},
                  "`ip link` shows groups, /etc/iproute2/group has the numbers of their names");
    }
    scope.value = *group;
  }
  return scope;
}

bool takes_scope(const Rule& rule) {
  return std::holds_alternative<NetRule>(rule.what) || std::holds_alternative<PortRule>(rule.what);
}

}  // namespace xdp_blacklist
