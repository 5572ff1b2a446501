#include "xdp-blacklist/bench/bench_own.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "xdp-blacklist/bench/bench_program.h"

namespace xdp_blacklist {
namespace {

using btfreloc::fail;

constexpr std::uint32_t kSet = 0;
/// What the names of all rules are hashed from.
constexpr name_key kSeed = {.a = 0x0123456789abcdef, .b = 0xfedcba9876543210};

Status hold_challenge(const Program& program, const Challenge& challenge) {
  address source{};
  if (challenge.source.is_v6) {
    std::memcpy(source.bytes, challenge.source.bytes.data(), sizeof source.bytes);
  } else {
    source.bytes[10] = source.bytes[11] = 0xff;
    std::memcpy(source.bytes + 12, challenge.source.bytes.data(), 4);
  }
  cookie value{};
  value.length = static_cast<std::uint32_t>(challenge.cookie.copy(value.text, COOKIE_MAX_LENGTH));
  TRY(const Map cookies, map_of(program, "cookies"));
  return cookies.put(source, value);
}

class OwnProgram : public BenchProgram {
 public:
  OwnProgram(std::string object, std::string kernel, OwnLists lists) : lists_(lists) {
    options_.object = std::move(object);
    options_.kernel = std::move(kernel);
  }

  std::string name() const override {
    return lists_ == OwnLists::all ? "xdp-blacklist" : "switched off";
  }
  int program() const override { return program_->fd(); }

  Result<bool> hold(const BenchPacket& packet) override {
    const std::vector<ActiveRule> rules = number(packet.rules);
    TRY_OK(load(used_bits(rules), packet.challenge.has_value()));
    TRY_OK(hold_rules(*program_, rules));
    if (!packet.challenge) return true;
    config settings = bench_config(used_bits(rules));
    settings.challenge = 1;
    TRY(const Map config, map_of(*program_, "config"));
    TRY_OK(config.put(std::uint32_t{0}, settings));
    TRY_OK(hold_challenge(*program_, *packet.challenge));
    return true;
  }

 private:
  /// Again only when something else is to be switched off.
  Status load(std::uint32_t used, bool challenge) {
    ProgramOptions options = options_;
    if (lists_ == OwnLists::all) {
      options.features = FEATURE_KERNEL_CONTEXT | FEATURE_EVENTS | FEATURE_CHALLENGE;
    } else {
      options.lists = used;
      options.features = challenge ? FEATURE_CHALLENGE : 0;
    }
    options.features |= FEATURE_STRNSTR;
    if (program_ && options.lists == options_.lists && options.features == options_.features) {
      return {};
    }
    TRY(program_, Program::load(options, {}));
    options_ = options;
    return {};
  }

  ProgramOptions options_;  ///< What the program was loaded with.
  OwnLists lists_;
  std::optional<Program> program_;
};

}  // namespace

std::vector<ActiveRule> number(const std::vector<Rule>& rules) {
  std::vector<ActiveRule> numbered;
  std::uint32_t id = 0;
  for (const Rule& rule : rules) numbered.push_back({.rule = rule, .id = ++id, .expires = 0});
  return numbered;
}

std::uint32_t used_bits(std::span<const ActiveRule> rules) {
  std::uint32_t used = 0;
  for (const ActiveRule& rule : rules) used |= used_bit(rule.rule);
  return used;
}

config bench_config(std::uint32_t used) {
  config settings{};
  settings.active = kSet;
  settings.mode = MODE_BLOCK;
  settings.sets[kSet].used = used;
  settings.name_seed = kSeed;
  settings.most_fails = ~0U;
  return settings;
}

Result<Map> map_of(const Program& program, std::string_view name) {
  const auto found = std::ranges::find(program.maps(), name, &Program::MapInObject::name);
  if (found == program.maps().end()) {
    return fail(btfreloc::Errc::not_found, fmt::format("the object has no map `{}`", name), {},
                "build it from the sources of this version");
  }
  const int fd = ::fcntl(found->fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return btfreloc::fail_errno(errno, "cannot open a map once more");
  return Map::of(Fd(fd));
}

Status hold_rules(const Program& program, std::span<const ActiveRule> rules,
                  std::uint32_t max_entries) {
  RuleSet set(kSeed);
  for (const ActiveRule& rule : rules) {
    const ListMap list = list_of(rule.rule);
    if (set.map(list) != nullptr) continue;
    TRY(Map::Shape shape, program.list_shape(list));
    const bool is_array = list == ListMap::ports || list == ListMap::agents;
    if (max_entries != 0 && !is_array) shape.max_entries = max_entries;
    TRY(Map map, Map::create(shape));
    TRY(const Map sets, map_of(program, xdp_blacklist::name(list)));
    TRY_OK(sets.put(kSet, map.fd()));
    set.take(list, std::move(map));
  }
  TRY_OK(set.put_all(rules));
  TRY(const Map config, map_of(program, "config"));
  return config.put(std::uint32_t{0}, bench_config(used_bits(rules)));
}

Result<std::unique_ptr<BenchProgram>> own_program(const std::string& object,
                                                  const std::string& kernel, OwnLists lists) {
  return std::make_unique<OwnProgram>(object, kernel, lists);
}

}  // namespace xdp_blacklist
