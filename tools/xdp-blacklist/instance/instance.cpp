#include "xdp-blacklist/instance/instance.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <map>
#include <set>

#include "xdp-blacklist/instance/program.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

std::uint32_t expiry_of(const TimedRule& rule) {
  if (!rule.lasts) return 0;
  return seconds_now() + static_cast<std::uint32_t>(rule.lasts->count());
}

std::uint32_t all_used_bits(std::span<const ActiveRule> rules) {
  std::uint32_t bits = 0;
  for (const ActiveRule& rule : rules) bits |= used_bit(rule.rule);
  return bits;
}

/// Gives a new pin the owner and mode of the one that it replaces.
Status like(const std::string& model, const std::string& path) {
  struct stat status{};
  if (::stat(model.c_str(), &status) != 0) return {};  // There was none.
  if (::chown(path.c_str(), status.st_uid, status.st_gid) != 0 ||
      ::chmod(path.c_str(), status.st_mode & 07777) != 0) {
    return fail_errno(errno, "cannot give the new list to its owner", {.file = path});
  }
  return {};
}

/// Ids that were another rule's before.
std::vector<std::uint32_t> reused_ids(std::span<const ActiveRule> before,
                                      std::span<const ActiveRule> after) {
  std::map<std::uint32_t, const Rule*> old;
  for (const ActiveRule& rule : before) old.emplace(rule.id, &rule.rule);
  std::vector<std::uint32_t> reused;
  for (const ActiveRule& rule : after) {
    const auto known = old.find(rule.id);
    if (known != old.end() && *known->second != rule.rule) reused.push_back(rule.id);
  }
  return reused;
}

/// How large a list is made for so many entries: there is room for as many again.
std::uint32_t capacity_for(std::size_t entries, std::uint32_t at_least) {
  return std::max(at_least, static_cast<std::uint32_t>(std::bit_ceil(entries * 3 / 2 + 1)));
}

}  // namespace

std::uint32_t seconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint32_t>(now.tv_sec);
}

Mode mode_now(const config& settings) {
  const bool fell_back = settings.confirm_by != 0 && settings.confirm_by <= seconds_now();
  return settings.mode == MODE_ALLOW && !fell_back ? Mode::allow : Mode::block;
}

counter sum(Bytes per_cpu) {
  counter total{};
  for (std::size_t at = 0; at + sizeof(counter) <= per_cpu.size(); at += sizeof(counter)) {
    const auto one = as<counter>(per_cpu.subspan(at, sizeof(counter)));
    total.packets += one.packets;
    total.bytes += one.bytes;
  }
  return total;
}

Instance::Instance(Pins pins, std::optional<Lock> lock, Map config_map, config settings,
                   RuleSet rules, Access access)
    : pins_(std::move(pins)),
      lock_(std::move(lock)),
      config_map_(std::move(config_map)),
      settings_(settings),
      rules_(std::move(rules)),
      access_(access) {}

Result<Instance> Instance::open(const Pins& pins, Access access) {
  if (access == Access::read) return open(pins, access, std::nullopt);
  TRY(Lock lock, Lock::take(pins));
  return open(pins, access, std::move(lock));
}

Result<Instance> Instance::open(const Pins& pins, Lock lock) {
  return open(pins, Access::write, std::optional(std::move(lock)));
}

Result<Instance> Instance::open(const Pins& pins, Access access, std::optional<Lock> lock) {
  if (!pins.exist() && access == Access::read) {
    // Tells what is not there from what is not for this user.
    TRY_OK(Lock::take(pins));
  }
  // Readers have no lock: the sets may change places while they look.
  constexpr int kTries = 5;
  for (int attempt = 1;; ++attempt) {
    TRY(Map map, Map::pinned(pins.map("config"), access));
    config before{};
    config after{};
    TRY_OK(map.get(std::uint32_t{0}, before));
    auto rules = RuleSet::open(pins, before.active & 1, before.name_seed, access);
    TRY_OK(map.get(std::uint32_t{0}, after));
    const bool moved = before.active != after.active;
    if (moved && attempt < kTries) continue;
    if (!rules) return std::unexpected(rules.error());
    return Instance(pins, std::move(lock), std::move(map), before, *std::move(rules), access);
  }
}

Status Instance::set(const config& settings) {
  TRY_OK(config_map_.put(std::uint32_t{0}, settings));
  settings_ = settings;
  return {};
}

Status Instance::check_takes(const Rule& rule) const {
  const bool is_kernels =
      rule.scope.kind == ScopeKind::group || rule.scope.kind == ScopeKind::netns;
  if (is_kernels && (settings_.features & FEATURE_KERNEL_CONTEXT) == 0) {
    return fail(Errc::unsupported,
                "this kernel does not tell programs the group and namespace of a packet's device",
                {}, "use --interface, or a kernel from 6.2 on, which has bpf_cast_to_kern_ctx");
  }
  if ((settings_.features & FEATURE_NO_SCOPE(static_cast<std::uint32_t>(rule.scope.kind))) != 0) {
    return fail(
        Errc::unsupported,
        fmt::format("the program that is loaded knows no rules by {}", name(rule.scope.kind)), {},
        "load one that does: `xdp-blacklist reload`, without `--object`");
  }
  if ((lists_of(settings_.features) & used_bit(rule)) == 0) {
    return fail(Errc::unsupported,
                fmt::format("the program was loaded without the list for `{}`", text(rule)), {},
                "load it with that list: `--only` named others");
  }
  return {};
}

Status Instance::zero_counters(std::span<const std::uint32_t> ids) const {
  TRY(const Map counters, Map::pinned(pins_.map("counters"), Access::write));
  const std::vector<std::byte> zero(counters.lookup_size());
  for (const std::uint32_t id : ids) {
    TRY_OK(counters.update(std::as_bytes(std::span(&id, 1)), zero));
  }
  return {};
}

Status Instance::sweep() {
  TRY(const auto rules, rules_.all());
  const std::uint32_t now = seconds_now();
  for (const ActiveRule& rule : rules) {
    if (rule.expires != 0 && rule.expires <= now) TRY_OK(rules_.remove(rule));
  }
  return {};
}

Result<std::vector<std::uint32_t>> Instance::new_ids(std::size_t count,
                                                     std::span<const std::uint32_t> reusable) {
  TRY(const Map counters, Map::pinned(pins_.map("counters"), access_));
  const std::uint32_t end = counters.shape().max_entries;
  std::vector<std::uint32_t> ids;
  while (ids.size() < count && settings_.next_id < end) ids.push_back(settings_.next_id++);
  if (ids.size() < count) {
    TRY_OK(sweep());
    TRY(const auto rules, rules_.all());
    std::vector<bool> taken(end);
    for (const ActiveRule& rule : rules) {
      if (rule.id < end) taken[rule.id] = true;
    }
    for (const std::uint32_t id : ids) taken[id] = true;
    std::vector<std::uint32_t> given_before;
    for (std::uint32_t id = 1; id < end && ids.size() + given_before.size() < count; ++id) {
      if (!taken[id]) given_before.push_back(id);
    }
    TRY_OK(zero_counters(given_before));
    ids.insert(ids.end(), given_before.begin(), given_before.end());
  }
  for (const std::uint32_t id : reusable) {
    if (ids.size() < count) ids.push_back(id);
  }
  if (ids.size() < count) {
    return fail(Errc::out_of_range,
                fmt::format("there is room for {} rules, and {} more are wanted than fit", end - 1,
                            count - ids.size()),
                {}, "load it with more: `xdp-blacklist reload --max-rules N`, as root");
  }
  return ids;
}

Status Instance::put_or_sweep(const ActiveRule& active) {
  const Status put = rules_.put(active);
  const bool may_be_expired =
      !put && (put.error().os_errno == E2BIG || put.error().os_errno == ENOSPC ||
               put.error().code == Errc::out_of_range);
  if (put || !may_be_expired) return put;
  // Expired rules may be in the way.
  TRY_OK(sweep());
  return rules_.put(active);
}

Result<bool> Instance::add(const TimedRule& timed) {
  TRY_OK(check_takes(timed.rule));
  TRY(const auto found, rules_.find(timed.rule));
  ActiveRule active{timed.rule, 0, expiry_of(timed)};
  config settings = settings_;
  if (found) {
    active.id = found->id;
  } else {
    TRY(const auto ids, new_ids(1, {}));
    active.id = ids[0];
    settings.next_id = settings_.next_id;
  }
  TRY_OK(put_or_sweep(active));
  settings.sets[settings.active & 1].used |= used_bit(timed.rule);
  TRY_OK(set(settings));
  return !found;
}

Result<bool> Instance::remove(const Rule& rule) {
  TRY(const auto found, rules_.find(rule));
  if (!found) return false;
  TRY_OK(rules_.remove(*found));
  TRY(const bool uses_bit, rules_.uses_bit_of(rule));
  if (uses_bit) return true;
  config settings = settings_;
  settings.sets[settings.active & 1].used &= ~used_bit(rule);
  TRY_OK(set(settings));
  return true;
}

Result<Instance::Change> Instance::compare(std::span<const TimedRule> rules) const {
  TRY(const auto before, rules_.all());
  std::map<Rule, std::uint32_t> old;
  for (const ActiveRule& rule : before) old.emplace(rule.rule, rule.expires);
  Change change;
  for (const TimedRule& timed : rules) {
    TRY_OK(check_takes(timed.rule));
    const auto known = old.find(timed.rule);
    if (known == old.end()) {
      change.added.push_back(timed.rule);
    } else if (known->second != 0 || timed.lasts) {
      change.retimed.push_back(timed.rule);
      old.erase(known);
    } else {
      ++change.kept;
      old.erase(known);
    }
  }
  for (const auto& [rule, expires] : old) change.removed.push_back(rule);
  return change;
}

Result<std::vector<ActiveRule>> Instance::numbered(std::span<const TimedRule> rules,
                                                   const std::vector<ActiveRule>& before,
                                                   Change& change) {
  std::map<Rule, std::uint32_t> ids;
  for (const ActiveRule& rule : before) ids.emplace(rule.rule, rule.id);
  const std::set<Rule> removed(change.removed.begin(), change.removed.end());
  std::vector<std::uint32_t> reusable;
  for (const ActiveRule& rule : before) {
    if (removed.contains(rule.rule)) reusable.push_back(rule.id);
  }
  TRY(const auto fresh, new_ids(change.added.size(), reusable));
  std::size_t next = 0;
  std::vector<ActiveRule> all;
  all.reserve(rules.size());
  for (const TimedRule& timed : rules) {
    const auto known = ids.find(timed.rule);
    all.push_back(
        {timed.rule, known == ids.end() ? fresh[next++] : known->second, expiry_of(timed)});
  }
  return all;
}

Result<RuleSet> Instance::make_set(std::uint32_t set, std::span<const ActiveRule> rules) const {
  std::array<std::size_t, kLists> entries{};
  for (const ActiveRule& rule : rules) {
    entries[static_cast<std::size_t>(list_of(rule.rule))] += entry_count(rule.rule);
  }
  RuleSet made(settings_.name_seed);
  for (std::size_t i = 0; i < kLists; ++i) {
    const auto list = static_cast<ListMap>(i);
    const Map* model = rules_.map(list);
    if (model == nullptr) continue;
    Map::Shape shape = model->shape();
    const bool is_array = list == ListMap::ports || list == ListMap::agents;
    if (!is_array) shape.max_entries = capacity_for(entries[i], 16384);
    TRY(Map map, Map::create(shape));
    made.take(list, std::move(map));
  }
  TRY_OK(made.put_all(rules));
  for (std::size_t i = 0; i < kLists; ++i) {
    const Map* map = made.map(static_cast<ListMap>(i));
    if (map == nullptr) continue;
    const std::string pin = pins_.list(set, kListNames[i]);
    TRY_OK(map->pin(pin));
    TRY_OK(like(pins_.list(set ^ 1, kListNames[i]), pin));
    TRY(const Map outer, Map::pinned(pins_.map(kListNames[i]), Access::write));
    TRY_OK(outer.put(set, static_cast<std::uint32_t>(map->fd())));
  }
  return made;
}

Status Instance::wait_for_packets(std::uint32_t set) const {
  for (std::size_t i = 0; i < kLists; ++i) {
    const Map* map = rules_.map(static_cast<ListMap>(i));
    if (map == nullptr) continue;
    // The kernel returns from this when no program is left that began before it.
    TRY(const Map outer, Map::pinned(pins_.map(kListNames[i]), Access::write));
    return outer.put(set, static_cast<std::uint32_t>(map->fd()));
  }
  return {};
}

Status Instance::clear_set(std::uint32_t set) const {
  for (const char* list : kListNames) {
    const std::string pin = pins_.list(set, list);
    if (::unlink(pin.c_str()) != 0 && errno != ENOENT) {
      return fail_errno(errno, "cannot take away", {.file = pin});
    }
    if (!pins_.has(pins_.map(list))) continue;
    TRY(const Map outer, Map::pinned(pins_.map(list), Access::write));
    TRY_OK(outer.remove(set));
  }
  return {};
}

Result<Instance::Change> Instance::replace(std::span<const TimedRule> rules,
                                           std::optional<Mode> mode) {
  TRY(const auto before, rules_.all());
  TRY(Change change, compare(rules));
  TRY(const auto all, numbered(rules, before, change));
  const std::uint32_t set_number = (settings_.active & 1) ^ 1;
  TRY_OK(clear_set(set_number));
  TRY(RuleSet made, make_set(set_number, all));
  config settings = settings_;
  settings.sets[set_number].used = all_used_bits(all);
  TRY_OK(set(settings));
  // From this store on packets meet the new rules.
  settings.active = set_number;
  if (mode) {
    settings.mode = *mode == Mode::allow ? MODE_ALLOW : MODE_BLOCK;
    settings.confirm_by = 0;
  }
  TRY_OK(set(settings));
  rules_ = std::move(made);
  TRY_OK(wait_for_packets(set_number));
  TRY_OK(clear_set(set_number ^ 1));
  TRY_OK(zero_counters(reused_ids(before, all)));
  return change;
}

Result<std::vector<counter>> Instance::counters(std::span<const ActiveRule> rules) const {
  TRY(const Map map, Map::pinned(pins_.map("counters"), Access::read));
  std::vector<counter> all(map.shape().max_entries);
  TRY_OK(map.for_each([&](Bytes key, Bytes value) {
    const auto id = as<std::uint32_t>(key);
    if (id < all.size()) all[id] = sum(value);
    return true;
  }));
  std::vector<counter> result;
  for (const ActiveRule& rule : rules) {
    result.push_back(rule.id < all.size() ? all[rule.id] : counter{});
  }
  return result;
}

Result<std::vector<counter>> Instance::verdicts() const {
  TRY(const Map map, Map::pinned(pins_.map("verdicts"), Access::read));
  std::vector<counter> all(VERDICTS);
  TRY_OK(map.for_each([&](Bytes key, Bytes value) {
    const auto index = as<std::uint32_t>(key);
    if (index < all.size()) all[index] = sum(value);
    return true;
  }));
  return all;
}

}  // namespace xdp_blacklist
