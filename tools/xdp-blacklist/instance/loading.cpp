#include "xdp-blacklist/instance/loading.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <set>

#include "btfreloc/input.h"
#include "xdp-blacklist/instance/instance.h"
#include "xdp-blacklist/instance/kept_maps.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

/// Working memory of the program, which nobody keeps.
bool is_scratch(const std::string& map) { return map == "scratch"; }

Result<name_key> random_seed() {
  name_key seed{};
  if (::getrandom(&seed, sizeof seed, 0) == sizeof seed) return seed;
  return fail_errno(errno, "the kernel gives no random numbers");
}

config with(config settings, const Settings& wanted, std::uint32_t features) {
  if (wanted.mode) {
    settings.mode = *wanted.mode == Mode::allow ? MODE_ALLOW : MODE_BLOCK;
    settings.confirm_by = 0;
  }
  if (wanted.sample) settings.sample = *wanted.sample;
  if (wanted.challenge) {
    settings.challenge = 1;
    // The program sets it when it bans; a whole write of the settings must not undo that.
    settings.bans = 1;
    settings.most_fails = wanted.most_fails;
    settings.ban_seconds = wanted.ban_seconds;
  }
  if ((features & FEATURE_CHALLENGE) == 0) {
    settings.challenge = 0;
    settings.bans = 0;
  }
  settings.features = features;
  return settings;
}

Result<Map> duplicate(int fd) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return fail_errno(errno, "cannot keep a map open");
  return Map::of(std::move(copy));
}

Status replace_pin(const std::string& path, const Map& map) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, "cannot take away", {.file = path});
  }
  return map.pin(path);
}

Status pin_program(const Pins& pins, const Program& program) {
  const std::string path = pins.program();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, "cannot take away", {.file = path});
  }
  if (bpf_obj_pin(program.fd(), path.c_str()) == 0) return {};
  return fail_errno(errno, "cannot pin", {.file = path});
}

/// For readers who may not ask the kernel for it.
Status pin_btf(const Pins& pins, const Program& program) {
  TRY(const Map map, Map::create({.type = BPF_MAP_TYPE_ARRAY,
                                  .key_size = sizeof(std::uint32_t),
                                  .value_size = static_cast<std::uint32_t>(program.btf().size()),
                                  .max_entries = 1,
                                  .flags = 0,
                                  .name = "btf"}));
  const std::uint32_t zero = 0;
  TRY_OK(map.update(std::as_bytes(std::span(&zero, 1)), program.btf()));
  TRY_OK(map.freeze());
  return replace_pin(pins.map("btf"), map);
}

/// The empty lists of one set.
Result<std::vector<std::pair<std::string, Map>>> make_lists(const Program& program) {
  std::vector<std::pair<std::string, Map>> lists;
  for (std::size_t i = 0; i < kLists; ++i) {
    const auto list = static_cast<ListMap>(i);
    if (!program.has_list(list)) continue;
    TRY(const Map::Shape shape, program.list_shape(list));
    TRY(Map map, Map::create(shape));
    lists.emplace_back(name(list), std::move(map));
  }
  return lists;
}

Status put_list(const Pins& pins, const Map& outer, std::uint32_t set, const std::string& list,
                const Map& map) {
  TRY_OK(outer.put(set, static_cast<std::uint32_t>(map.fd())));
  return replace_pin(pins.list(set, list), map);
}

Status load_fresh(const Pins& pins, const Program& program, const Settings& wanted) {
  std::map<std::string, Map> maps;
  for (const Program::MapInObject& object_map : program.maps()) {
    if (is_scratch(object_map.name)) continue;
    TRY(Map map, duplicate(object_map.fd));
    TRY_OK(map.pin(pins.map(object_map.name)));
    maps.emplace(object_map.name, std::move(map));
  }
  TRY(auto lists, make_lists(program));
  for (const auto& [list, map] : lists) TRY_OK(put_list(pins, maps.at(list), 0, list, map));
  config settings{};
  TRY(settings.name_seed, random_seed());
  settings.next_id = 1;
  settings.sample = 100;
  TRY_OK(maps.at("config").put(std::uint32_t{0}, with(settings, wanted, program.features())));
  TRY_OK(pin_btf(pins, program));
  return pin_program(pins, program);
}

/// An instance that is to get another program.
struct Handover {
  const Pins& pins;
  KeptMaps kept;
  std::map<std::string, Map> old_maps;  ///< All that are pinned, and the new program has, too.
  std::uint32_t active;                 ///< The set of rules.
  std::set<std::string> renewed;        ///< Those that are not kept as they are.
};

/// Rules keep their ids, which are indexes of the counters.
Status check_room(const Pins& pins, std::uint32_t max_rules) {
  TRY(const Map counters, Map::pinned(pins.map("counters"), Access::read));
  if (max_rules >= counters.shape().max_entries) return {};
  TRY(const Map settings, Map::pinned(pins.map("config"), Access::read));
  config now{};
  TRY_OK(settings.get(std::uint32_t{0}, now));
  if (now.next_id <= max_rules) return {};
  return fail(Errc::out_of_range,
              fmt::format("ids up to {} are given to rules, which {} counters have no place for",
                          now.next_id - 1, max_rules),
              {}, fmt::format("leave room for them: `--max-rules {}`", now.next_id));
}

Result<Handover> plan(const Pins& pins, const ProgramOptions& options, Drop drop) {
  std::string path = options.object;
  if (path.empty()) {
    TRY(path, default_object());
  }
  TRY(const auto old_bytes, pinned_btf(pins));
  TRY(const auto old_btf, btfreloc::btf::View::open(old_bytes));
  TRY(const auto input, btfreloc::tool::Input::open(path));
  TRY(const auto* new_btf, input.only_view());
  TRY(KeptMaps kept, compare_maps(pins, old_btf, *new_btf, drop));
  Handover handover{
      .pins = pins, .kept = std::move(kept), .old_maps = {}, .active = 0, .renewed = {}};
  for (const auto& [name, how] : handover.kept.maps) {
    TRY(Map map, Map::pinned(pins.map(name), Access::write));
    if (!how.is_same) handover.renewed.insert(name);
    if (name == "counters" && map.shape().max_entries != options.max_rules) {
      handover.renewed.insert(name);
    }
    handover.old_maps.emplace(name, std::move(map));
  }
  TRY_OK(check_room(pins, options.max_rules));
  // `active` is the first field of all layouts.
  if (!handover.old_maps.contains("config") || !handover.old_maps.contains("counters")) {
    return fail(Errc::not_found, "the instance is not whole", {.file = pins.path()},
                "`unload` takes away what is left of it");
  }
  const Map& settings = handover.old_maps.at("config");
  std::vector<std::byte> value(settings.shape().value_size);
  const std::uint32_t zero = 0;
  TRY_OK(settings.lookup(std::as_bytes(std::span(&zero, 1)), value));
  handover.active = as<std::uint32_t>(Bytes(value).first(4)) & 1;
  return handover;
}

bool is_counters(const std::string& map) { return map == "counters" || map == "verdicts"; }

/// Brings what the old program has counted to the new one, which counts already.
Status add_counts(const Handover& handover, const Program& program) {
  for (const Program::MapInObject& object_map : program.maps()) {
    if (!is_counters(object_map.name) || !handover.renewed.contains(object_map.name)) continue;
    TRY(const Map map, duplicate(object_map.fd));
    TRY_OK(add_counters(handover.old_maps.at(object_map.name), map,
                        handover.kept.maps.at(object_map.name)));
  }
  return {};
}

/// Fills the renewed maps of the new program, and makes those lists of the active set.
Result<std::vector<std::pair<std::string, Map>>> fill(const Handover& handover,
                                                      const Program& program) {
  std::vector<std::pair<std::string, Map>> lists;
  for (const Program::MapInObject& object_map : program.maps()) {
    if (!handover.renewed.contains(object_map.name)) continue;
    const KeptMap& how = handover.kept.maps.at(object_map.name);
    if (is_counters(object_map.name)) continue;
    TRY(Map map, duplicate(object_map.fd));
    if (!object_map.is_list) {
      TRY_OK(copy_entries(handover.old_maps.at(object_map.name), map, how));
      continue;
    }
    TRY(const Map old_list,
        Map::pinned(handover.pins.list(handover.active, object_map.name), Access::read));
    for (std::size_t i = 0; i < kLists; ++i) {
      if (object_map.name != kListNames[i]) continue;
      TRY(Map::Shape shape, program.list_shape(static_cast<ListMap>(i)));
      shape.max_entries = old_list.shape().max_entries;
      TRY(Map list, Map::create(shape));
      TRY_OK(copy_entries(old_list, list, how));
      TRY_OK(map.put(handover.active, static_cast<std::uint32_t>(list.fd())));
      lists.emplace_back(object_map.name, std::move(list));
    }
  }
  return lists;
}

/// Lists that the new program has and the old one had not.
Status add_lists(const Handover& handover, const Program& program) {
  TRY(auto lists, make_lists(program));
  for (const auto& [list, map] : lists) {
    if (handover.kept.maps.contains(list)) continue;
    for (const Program::MapInObject& object_map : program.maps()) {
      if (object_map.name != list) continue;
      TRY(const Map outer, duplicate(object_map.fd));
      TRY_OK(put_list(handover.pins, outer, handover.active, list, map));
    }
  }
  return {};
}

/// Lists that the new program does not have.
Status drop_lists(const Pins& pins, const Program& program) {
  for (std::size_t i = 0; i < kLists; ++i) {
    if (program.has_list(static_cast<ListMap>(i))) continue;
    for (const std::string& path :
         {pins.map(kListNames[i]), pins.list(0, kListNames[i]), pins.list(1, kListNames[i])}) {
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return fail_errno(errno, "cannot take away", {.file = path});
      }
    }
  }
  return {};
}

Status hand_over_pins(const Handover& handover, const Program& program,
                      const std::vector<std::pair<std::string, Map>>& lists) {
  const Pins& pins = handover.pins;
  for (const Program::MapInObject& object_map : program.maps()) {
    const bool is_kept =
        handover.kept.maps.contains(object_map.name) && !handover.renewed.contains(object_map.name);
    if (is_scratch(object_map.name) || is_kept) continue;
    TRY(const Map map, duplicate(object_map.fd));
    TRY_OK(replace_pin(pins.map(object_map.name), map));
  }
  for (const auto& [list, map] : lists) {
    TRY_OK(replace_pin(pins.list(handover.active, list), map));
  }
  TRY_OK(drop_lists(pins, program));
  TRY_OK(add_lists(handover, program));
  TRY_OK(pin_btf(pins, program));
  return pin_program(pins, program);
}

/// The settings of a program, whose size Program::load() has checked.
Result<Map> settings_map(const Program& program) {
  for (const Program::MapInObject& object_map : program.maps()) {
    if (object_map.name == "config") return duplicate(object_map.fd);
  }
  return fail(Errc::not_found, "the object has no map `config`");
}

Status set_after(const Program& program, const Settings& wanted) {
  TRY(const Map map, settings_map(program));
  config settings{};
  TRY_OK(map.get(std::uint32_t{0}, settings));
  return map.put(std::uint32_t{0}, with(settings, wanted, program.features()));
}

/// Puts the program on all links, or leaves the old one on all of them.
Status replace_on_links(const Pins& pins, const Program& program) {
  TRY(const auto interfaces, pins.linked());
  const Fd old_program(bpf_obj_get(pins.program().c_str()));
  std::vector<std::string> replaced;
  for (const std::string& interface : interfaces) {
    const std::string pin = pins.links() + "/" + to_pin_name(interface);
    const Status status = replace_program(pin, program.fd());
    if (status) {
      replaced.push_back(pin);
      continue;
    }
    for (const std::string& done : replaced) {
      if (old_program) (void)replace_program(done, old_program.get());
    }
    return status;
  }
  return {};
}

/// Rules that the program cannot see would be for no packet, or of scopes for all.
Status check_sees(const Handover& handover, const Program& program) {
  TRY(const Map map, settings_map(program));
  config settings{};
  TRY_OK(map.get(std::uint32_t{0}, settings));
  const std::uint32_t used = settings.sets[handover.active].used;
  if ((used & ~lists_of(program.features())) != 0) {
    return fail(Errc::unsupported, "there are rules of lists that this program would not look at",
                {}, "take them away first, or name their lists with `--only`, too");
  }
  for (const std::uint32_t kind : {SCOPE_INTERFACE, SCOPE_GROUP, SCOPE_NETNS}) {
    const bool needs_kernel = kind != SCOPE_INTERFACE;
    const bool sees = (program.features() & FEATURE_NO_SCOPE(kind)) == 0 &&
                      (!needs_kernel || (program.features() & FEATURE_KERNEL_CONTEXT) != 0);
    if (sees || (used & USED_OF_SCOPE(kind)) == 0) continue;
    return fail(Errc::unsupported,
                fmt::format("there are rules by {}, which this program cannot see",
                            name(static_cast<ScopeKind>(kind))),
                {},
                fmt::format("take them away first, or load a program that can{}",
                            needs_kernel ? ", with kernel-context" : ""));
  }
  return {};
}

Result<Loaded> load_over(const Pins& pins, const ProgramOptions& options, const Settings& wanted,
                         Drop drop) {
  TRY(const Handover handover, plan(pins, options, drop));
  if (!handover.kept.refused.empty()) {
    return Loaded{.features = 0,
                  .has_kept_rules = true,
                  .migrated = {},
                  .diff = handover.kept.diff,
                  .refused = handover.kept.refused};
  }
  std::map<std::string, const Map*> reuse;
  for (const auto& [name, map] : handover.old_maps) {
    if (!handover.renewed.contains(name)) reuse.emplace(name, &map);
  }
  TRY(const Program program, Program::load(options, reuse));
  TRY(const auto lists, fill(handover, program));
  TRY_OK(check_sees(handover, program));
  const bool shares_settings = !handover.renewed.contains("config");
  // What packets meet is all old or all new: settings that both share are written last.
  if (!shares_settings) TRY_OK(set_after(program, wanted));
  TRY_OK(replace_on_links(pins, program));
  if (shares_settings) TRY_OK(set_after(program, wanted));
  TRY_OK(add_counts(handover, program));
  TRY_OK(hand_over_pins(handover, program, lists));
  return Loaded{.features = program.features(),
                .has_kept_rules = true,
                .migrated = {handover.renewed.begin(), handover.renewed.end()},
                .diff = handover.kept.diff,
                .refused = {}};
}

}  // namespace

bool is_loaded(const Pins& pins) { return pins.has(pins.program()); }

Result<Loaded> load_program(const Pins& pins, const ProgramOptions& options,
                            const Settings& settings, const std::optional<Ownership>& ownership,
                            Drop drop) {
  if (pins.exist()) {
    TRY(Ownership whose, pins.ownership());
    TRY(Loaded loaded, load_over(pins, options, settings, drop));
    if (ownership) {
      if (ownership->user) whose.user = ownership->user;
      if (ownership->group) whose.group = ownership->group;
      whose.mode = ownership->mode;
    }
    TRY_OK(pins.hand_over(whose));
    return loaded;
  }
  TRY(const Program program, Program::load(options, {}));
  Status status = load_fresh(pins, program, settings);
  if (status) status = pins.hand_over(ownership.value_or(Ownership{}));
  if (!status) return std::unexpected(status.error());
  return Loaded{.features = program.features(),
                .has_kept_rules = false,
                .migrated = {},
                .diff = {},
                .refused = {}};
}

Status attach_to(const Pins& pins, const Interface& interface, Hook hook) {
  const Fd program(bpf_obj_get(pins.program().c_str()));
  if (!program) {
    return fail_errno(errno, "cannot open", {.file = pins.program()},
                      errno == EPERM || errno == EACCES ? "run it as root" : "");
  }
  const std::string pin = pins.link(interface.netns, interface.name);
  if (pins.has(pin)) {
    TRY(const Attachment there, attachment(pin));
    if (there.interface != 0) return {};
    // Its interface is gone, and another may have the name now.
    TRY_OK(detach(pin));
  }
  TRY(const Fd link, attach(program.get(), interface, hook));
  if (bpf_obj_pin(link.get(), pin.c_str()) == 0) return {};
  return fail_errno(errno, "cannot pin", {.file = pin});
}

Status unload_all(const Pins& pins, bool keep_rules) {
  TRY(const auto interfaces, pins.linked());
  for (const std::string& interface : interfaces) {
    TRY_OK(detach(pins.links() + "/" + to_pin_name(interface)));
  }
  return pins.remove(keep_rules);
}

}  // namespace xdp_blacklist
