#include "xdp-blacklist/random_rules.h"

#include <array>

namespace xdp_blacklist::test {
namespace {

constexpr std::uint32_t kHour = 3600;  // In seconds.

/// Makes the rules of one scenario, each with an id of its own.
class RuleMaker {
 public:
  RuleMaker(Random& random, Features features, std::span<const reference::Device> devices,
            std::uint32_t now)
      : random_(random), features_(features), devices_(devices), now_(now) {}

  Scenario make() {
    make_pools();
    if (random_.one_in(2)) add_hosts();
    if (random_.one_in(2)) add_nets();
    if (random_.one_in(2)) add_ports();
    if (features_ == Features::all) {
      if (random_.one_in(2)) add_names();
      if (random_.one_in(2)) add_agents();
      if (random_.one_in(3)) add_cookies();
      if (random_.one_in(4)) add_bans();
    }
    choose_mode();
    return std::move(scenario_);
  }

 private:
  void make_pools() {
    for (int i = 0; i < 24; ++i) {
      scenario_.addresses4.push_back({.is_v6 = false, .bytes = {10, small(), small(), small()}});
      Address v6{.is_v6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
      for (const std::size_t at : {5, 7, 8, 15}) v6.bytes[at] = small();
      scenario_.addresses6.push_back(v6);
    }
    // The same as an IPv4 address in bans, and not in lists.
    scenario_.addresses6.push_back(
        {.is_v6 = true, .bytes = reference::mapped(scenario_.addresses4.front())});
    scenario_.ports = {0, 53, 80, 443, 65535};
    for (int i = 0; i < 4; ++i) {
      scenario_.ports.push_back(static_cast<std::uint16_t>(random_.below(65536)));
    }
    scenario_.names = {"ads.net", "example.com", "a-b_c.ads.net", "x.y.z.example.com", "net"};
    scenario_.names.push_back(long_name(253));
    scenario_.names.push_back(long_name(random_.between(60, 252)));
    scenario_.agents = {"curl/", "Bad Bot", "x", "aab", std::string(63, 'm')};
    scenario_.cookies = {"pass=1", "t=0123456789abcdef", std::string(63, 'k')};
  }
  /// Few values, so that prefixes overlap.
  std::uint8_t small() {
    return static_cast<std::uint8_t>(random_.below(4) * 64 + random_.below(2));
  }

  std::string long_name(std::size_t length) {
    std::string name;
    while (name.size() < length) {
      name += name.size() % 50 == 49 ? '.' : static_cast<char>('a' + random_.below(26));
    }
    if (name.back() == '.') name.back() = 'z';
    return name;
  }

  reference::Entry entry() {
    const std::uint64_t kind = random_.below(8);
    return {.id = ++last_id_,
            .expires = kind == 0   ? static_cast<std::uint32_t>(random_.between(1, now_))
                       : kind == 1 ? now_ + kHour
                                   : 0};
  }

  /// Of the devices, or of none.
  std::uint32_t value(std::uint32_t reference::Device::* of) {
    return random_.one_in(4) ? 12345 : random_.of(devices_).*of;
  }
  Scope scope() {
    switch (random_.below(features_ == Features::all ? 8 : 4)) {
      case 0: return {ScopeKind::group, value(&reference::Device::group)};
      case 4: return {ScopeKind::interface, value(&reference::Device::interface)};
      case 5: return {ScopeKind::netns, value(&reference::Device::netns)};
      default: return {};
    }
  }

  Address address() {
    return random_.of(random_.one_in(2) ? scenario_.addresses4 : scenario_.addresses6);
  }

  void add_hosts() {
    for (std::uint64_t i = random_.between(1, 12); i > 0; --i) {
      scenario_.rules.hosts[{scope(), address()}] = entry();
    }
  }

  void add_nets() {
    for (std::uint64_t i = random_.between(1, 10); i > 0; --i) {
      NetRule net{.address = address(), .prefix = 0};
      // All packets at once only rarely: there would be nothing else to see.
      const unsigned shortest = random_.one_in(20) ? 0 : net.address.is_v6 ? 33 : 9;
      net.prefix = static_cast<std::uint8_t>(random_.between(shortest, net.address.bits() - 1));
      for (unsigned bit = net.prefix; bit < net.address.bits(); ++bit) {
        net.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
      }
      scenario_.rules.nets[{scope(), net}] = entry();
    }
  }

  void add_ports() {
    for (std::uint64_t i = random_.between(1, 10); i > 0; --i) {
      const reference::PortUse use = {.scope = features_ == Features::all ? scope() : Scope{},
                                      .port = random_.of(scenario_.ports),
                                      .udp = random_.one_in(2),
                                      .is_source = random_.one_in(3)};
      scenario_.rules.ports[use] = entry();
    }
  }

  void add_names() {
    scenario_.rules.reads_names = true;
    for (std::uint64_t i = random_.below(8); i > 0; --i) {
      auto& names = random_.one_in(2) ? scenario_.rules.names : scenario_.rules.names_below;
      names[random_.of(scenario_.names)] = entry();
    }
  }

  void add_agents() {
    scenario_.rules.reads_agents = true;
    const bool is_full = random_.one_in(10);
    for (std::uint64_t i = is_full ? AGENTS_MAX : random_.below(5); i > 0; --i) {
      scenario_.rules.agents.push_back({.text = random_.of(scenario_.agents), .entry = entry()});
    }
  }

  void add_cookies() {
    scenario_.rules.challenges = true;
    scenario_.rules.most_fails = static_cast<std::uint32_t>(random_.between(1, 3));
    for (int i = 0; i < 16; ++i) {
      scenario_.rules.cookies[reference::mapped(address())] = {
          .text = random_.of(scenario_.cookies),
          .fails = static_cast<std::uint32_t>(random_.below(4))};
    }
  }

  void add_bans() {
    scenario_.rules.has_bans = random_.below(4) != 0;
    for (int i = 0; i < 6; ++i) {
      scenario_.rules.bans[reference::mapped(address())] =
          random_.one_in(3) ? static_cast<std::uint32_t>(random_.below(now_ + 1)) : now_ + kHour;
    }
  }

  void choose_mode() {
    reference::Rules& rules = scenario_.rules;
    rules.allows = random_.one_in(4);
    if (random_.one_in(4)) rules.confirm_by = random_.one_in(2) ? now_ + kHour : now_;
    if (random_.one_in(5)) {
      // Lists of which a bit too many changes nothing: those of payloads decide what is unread.
      constexpr std::uint32_t kLists = USED_BITS(LIST_HOSTS4) | USED_BITS(LIST_NETS4) |
                                       USED_BITS(LIST_HOSTS6) | USED_BITS(LIST_NETS6) |
                                       USED_BITS(LIST_PORTS);
      rules.also_used = static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << 32)) & kLists;
      // Without the scopes that it does not know.
      if (features_ == Features::core) rules.also_used &= 0x00005555;
    }
  }

  Random& random_;
  Features features_;
  std::span<const reference::Device> devices_;
  std::uint32_t now_;
  std::uint32_t last_id_ = 0;
  Scenario scenario_;
};

}  // namespace

Scenario random_scenario(Random& random, Features features,
                         std::span<const reference::Device> devices, std::uint32_t now) {
  return RuleMaker(random, features, devices, now).make();
}

}  // namespace xdp_blacklist::test
