#include "xdp-blacklist/commands/command.h"

#include <fmt/format.h>

#include <array>

namespace xdp_blacklist {
namespace {

/// By enum verdict.
constexpr std::array<const char*, VERDICTS> kVerdicts = {
    "pass", "allowed", "unread", "host",      "net",        "port",
    "name", "agent",   "banned", "challenge", "not-listed", "malformed"};
/// By enum malformed.
constexpr std::array<const char*, MALFORMED_KINDS> kMalformed = {"",     "ethernet", "vlan", "ipv4",
                                                                 "ipv6", "fragment", "tcp",  "udp"};

}  // namespace

void print_json(Output& out, const std::string& schema, Json document) {
  Json whole = {{"schema", fmt::format("xdp-blacklist.{}/1", schema)}};
  whole.update(document);
  out << btfreloc::tool::text_of(whole) << "\n";
}

void warn(const std::string& code, const std::string& message, const std::string& help) {
  btfreloc::tool::print(btfreloc::tool::Finding{.level = btfreloc::tool::Level::warning,
                                                .code = code,
                                                .message = message,
                                                .where = {},
                                                .source = {},
                                                .notes = {},
                                                .help = help});
}

std::string verdict_name(std::uint32_t verdict) {
  return verdict < kVerdicts.size() ? kVerdicts[verdict] : fmt::format("verdict-{}", verdict);
}

std::string malformed_name(std::uint32_t kind) {
  return kind < kMalformed.size() ? kMalformed[kind] : fmt::format("malformed-{}", kind);
}

}  // namespace xdp_blacklist
