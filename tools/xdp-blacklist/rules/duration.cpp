#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using std::chrono::seconds;

struct Unit {
  char letter;
  seconds length;
};
constexpr std::array<Unit, 4> kUnits = {{{'d', std::chrono::days(1)},
                                         {'h', std::chrono::hours(1)},
                                         {'m', std::chrono::minutes(1)},
                                         {'s', seconds(1)}}};

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  const std::string_view digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  for (const Unit& unit : kUnits) {
    if (text.empty() || text.back() != unit.letter || !is_number(digits)) continue;
    if (digits.size() > 1 && digits.front() == '0') continue;
    const auto count = parse_number<std::uint32_t>(digits);
    if (count == 0U) {
      return fail(Errc::out_of_range, shown(text) + " is no time at all");
    }
    if (!count || *count > kLongestDuration / unit.length) {
      return fail(Errc::out_of_range, shown(text) + " is more than ten years", {},
                  "leave the time out for a rule that holds for good");
    }
    return *count * unit.length;
  }
  const bool lacks_unit = is_number(text);
  return fail(Errc::bad_format, shown(text) + (lacks_unit ? " has no unit" : " is not a duration"),
              {},
              lacks_unit && text.size() < 10 ? fmt::format("`{}s` is in seconds", text)
                                             : "write `90s`, `10m`, `2h` or `7d`");
}

std::string duration_text(seconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration % unit.length == seconds(0)) {
      return fmt::format("{}{}", duration / unit.length, unit.letter);
    }
  }
  return "0s";
}

}  // namespace xdp_blacklist
