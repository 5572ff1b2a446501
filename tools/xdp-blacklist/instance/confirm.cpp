#include "xdp-blacklist/instance/confirm.h"

#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {

Status set_mode(Instance& instance, Mode mode, const std::string& confirm_within) {
  config settings = instance.settings();
  settings.mode = mode == Mode::allow ? MODE_ALLOW : MODE_BLOCK;
  settings.confirm_by = 0;
  if (!confirm_within.empty()) {
    TRY(const auto seconds, parse_duration(confirm_within));
    if (mode != Mode::allow) {
      return btfreloc::fail(btfreloc::Errc::out_of_range, "only the mode allow has to be confirmed",
                            {}, "leave `--confirm` out, or say `--mode allow`");
    }
    settings.confirm_by = seconds_now() + static_cast<std::uint32_t>(seconds.count());
  }
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
