#include "xdp-blacklist/instance/confirm.h"

#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {

Status set_confirm(Instance& instance, const std::string& duration) {
  TRY(const auto seconds, parse_duration(duration));
  config settings = instance.settings();
  if (settings.mode != MODE_ALLOW) {
    return btfreloc::fail(btfreloc::Errc::out_of_range, "only the mode allow has to be confirmed",
                          {}, "add `--mode allow`, or leave `--confirm` out");
  }
  settings.confirm_by = seconds_now() + static_cast<std::uint32_t>(seconds.count());
  return instance.set(settings);
}

Result<bool> confirm(Instance& instance) {
  config settings = instance.settings();
  const bool is_late = settings.confirm_by != 0 && settings.confirm_by <= seconds_now();
  if (is_late) settings.mode = MODE_BLOCK;
  settings.confirm_by = 0;
  TRY_OK(instance.set(settings));
  return !is_late;
}

}  // namespace xdp_blacklist
