#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "xdp-blacklist/rules/punycode.h"
#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

// RFC 1035, section 2.3.4: what is left of 255 bytes on the wire.
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// `name` is in small letters.
Status check_label(std::string_view label, std::string_view name) {
  if (label.empty()) return fail(Errc::bad_format, shown(name) + " has an empty label");
  if (label.size() > kMaxLabel) {
    return fail(Errc::out_of_range,
                fmt::format("label {} has {} bytes, and at most {} are possible", shown(label),
                            label.size(), kMaxLabel));
  }
  if (std::ranges::all_of(label, is_letter)) return {};
  if (label.find('*') != std::string_view::npos) {
    return fail(Errc::bad_format, shown(name) + " has a `*` that is not its first label", {},
                "only names below one can be meant: `name:*.ads.net`");
  }
  return fail(Errc::bad_format,
              "label " + shown(label) + " has other characters than a-z, 0-9, `-` and `_`", {},
              label.find_first_of("/:") != std::string_view::npos
                  ? "write the name alone, without scheme, port and path"
                  : "");
}

std::unexpected<btfreloc::Error> not_ascii(std::string_view text) {
  const auto ascii = a_labels(text);
  return fail(
      Errc::bad_format, shown(text) + " is not in ASCII, and names in TLS are", {},
      ascii ? fmt::format("write `name:{}`", *ascii) : "write it with A-labels, as `xn--...`");
}

}  // namespace

Result<NameRule> parse_server_name(std::string_view text) {
  const bool below = text.starts_with("*.");
  std::string_view name = text.substr(below ? 2 : 0);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > kMaxName) {
    return fail(Errc::out_of_range, fmt::format("a name of {} bytes, and at most {} are possible",
                                                name.size(), kMaxName));
  }
  if (name.empty()) {
    return fail(Errc::bad_format, shown(text) + " is not a server name", {},
                "write `name:ads.net`, or `name:*.ads.net` for all below it");
  }
  if (std::ranges::any_of(name, [](char c) { return (c & 0x80) != 0; })) return not_ascii(text);

  NameRule rule{.name = std::string(name), .below = below};
  for (char& c : rule.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  std::string_view rest = rule.name;
  for (std::size_t dot = 0; dot != std::string_view::npos; rest.remove_prefix(dot + 1)) {
    dot = rest.find('.');
    TRY_OK(check_label(rest.substr(0, dot), rule.name));
    if (dot == std::string_view::npos) break;
  }
  if (parse_address(rule.name)) {
    return fail(Errc::bad_format, shown(name) + " is an address, and TLS names none", {},
                fmt::format("write `{}`", rule.name));
  }
  return rule;
}

std::string text(const NameRule& name) { return (name.below ? "name:*." : "name:") + name.name; }

}  // namespace xdp_blacklist
