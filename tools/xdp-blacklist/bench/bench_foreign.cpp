#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/overloaded.h"
#include "xdp-blacklist/bench/bench_program.h"

namespace xdp_blacklist {
namespace {

constexpr std::uint32_t kPorts = 65536;

template <class T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

Bytes key_of(const Address& address) {
  return std::as_bytes(std::span(address.bytes)).first(address.bits() / 8);
}

/// The same value for each CPU, where the map has one for each.
template <class T>
Status put(const BenchObject& object, const char* name, Bytes key, const T& value) {
  TRY(const Map map, object.map(name));
  std::vector<std::byte> values(map.lookup_size());
  for (std::size_t at = 0; at < values.size(); at += sizeof(std::uint64_t)) {
    std::memcpy(values.data() + at, &value, sizeof value);
  }
  return map.update(key, values);
}

Status clear_hash(const BenchObject& object, const char* name) {
  TRY(const Map map, object.map(name));
  std::vector<std::vector<std::byte>> keys;
  TRY_OK(map.for_each([&](Bytes key, Bytes) {
    keys.emplace_back(key.begin(), key.end());
    return true;
  }));
  for (const auto& key : keys) TRY_OK(map.erase(key));
  return {};
}

Status clear_ports(const BenchObject& object, const char* name) {
  TRY(const Map map, object.map(name));
  const std::vector<std::byte> zeros(map.lookup_size());
  for (std::uint32_t port = 0; port < kPorts; ++port) TRY_OK(map.update(bytes_of(port), zeros));
  return {};
}

/// Rules in maps of a known program. False when it has no such rules.
class Recipe {
 public:
  virtual ~Recipe() = default;
  virtual Status clear(const BenchObject& object) const = 0;
  virtual Result<bool> add(const BenchObject& object, const NetRule& rule) const = 0;
  virtual Result<bool> add(const BenchObject& object, const PortRule& rule) const = 0;
};

/// xdp-filter: values are flags of what the rule is for, under a counter.
/// Source: xdp-tools, xdp-filter/common_kern_user.h.
class XdpFilterRecipe : public Recipe {
 public:
  static bool is_for(const BenchObject& object) {
    return object.has_map("filter_ports") && object.has_map("filter_ipv4") &&
           object.has_map("filter_ipv6");
  }

  Status clear(const BenchObject& object) const override {
    TRY_OK(clear_hash(object, "filter_ipv4"));
    TRY_OK(clear_hash(object, "filter_ipv6"));
    return clear_ports(object, "filter_ports");
  }

  Result<bool> add(const BenchObject& object, const NetRule& rule) const override {
    if (rule.prefix != rule.address.bits()) return false;
    const std::uint64_t flags = kSource;
    const char* map = rule.address.is_v6 ? "filter_ipv6" : "filter_ipv4";
    TRY_OK(put(object, map, key_of(rule.address), flags));
    return true;
  }

  Result<bool> add(const BenchObject& object, const PortRule& rule) const override {
    const std::uint64_t flags = (rule.is_source ? kSource : kDestination) |
                                (rule.tcp ? kTcpPort : 0) | (rule.udp ? kUdpPort : 0);
    for (std::uint32_t port = rule.first; port <= rule.last; ++port) {
      const std::uint32_t index = __builtin_bswap16(static_cast<std::uint16_t>(port));
      TRY_OK(put(object, "filter_ports", bytes_of(index), flags));
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kSource = 1, kDestination = 2, kTcpPort = 4, kUdpPort = 8;
};

/// baseline.bpf.c.
class BaselineRecipe : public Recipe {
 public:
  static bool is_for(const BenchObject& object) {
    return object.has_map("blacklist") && object.has_map("port_blacklist") &&
           object.has_map("port_drops_tcp");
  }

  Status clear(const BenchObject& object) const override {
    TRY_OK(clear_hash(object, "blacklist"));
    return clear_ports(object, "port_blacklist");
  }

  Result<bool> add(const BenchObject& object, const NetRule& rule) const override {
    if (rule.address.is_v6 || rule.prefix != rule.address.bits()) return false;
    const std::uint64_t packets = 0;
    TRY_OK(put(object, "blacklist", key_of(rule.address), packets));
    return true;
  }

  Result<bool> add(const BenchObject& object, const PortRule& rule) const override {
    if (rule.is_source) return false;
    const std::uint32_t drops = (rule.tcp ? kDropTcp : 0) | (rule.udp ? kDropUdp : 0);
    for (std::uint32_t port = rule.first; port <= rule.last; ++port) {
      TRY_OK(put(object, "port_blacklist", bytes_of(port), drops));
    }
    return true;
  }

 private:
  static constexpr std::uint32_t kDropTcp = 1, kDropUdp = 2;
};

class ForeignProgram : public BenchProgram {
 public:
  explicit ForeignProgram(BenchObject object) : object_(std::move(object)) {
    if (XdpFilterRecipe::is_for(object_)) recipe_ = std::make_unique<XdpFilterRecipe>();
    if (BaselineRecipe::is_for(object_)) recipe_ = std::make_unique<BaselineRecipe>();
  }

  std::string name() const override { return object_.function(); }
  int program() const override { return object_.program(); }

  Result<bool> hold(const BenchPacket& packet) override {
    if (packet.challenge) return false;
    if (packet.rules.empty() && !filled_) return true;
    if (recipe_ == nullptr) return false;
    TRY_OK(recipe_->clear(object_));
    filled_ = false;
    for (const Rule& rule : packet.rules) {
      filled_ = true;
      TRY(const bool added, add(rule));
      if (!added) return false;
    }
    return true;
  }

 private:
  Result<bool> add(const Rule& rule) const {
    return std::visit(
        btfreloc::Overloaded{
            [&](const NetRule& net) -> Result<bool> { return recipe_->add(object_, net); },
            [&](const PortRule& port) -> Result<bool> { return recipe_->add(object_, port); },
            [](const NameRule&) -> Result<bool> { return false; },
            [](const AgentRule&) -> Result<bool> { return false; }},
        rule.what);
  }

  BenchObject object_;
  std::unique_ptr<Recipe> recipe_;  ///< Null when nobody knows how it holds rules.
  bool filled_ = false;
};

}  // namespace

Result<std::unique_ptr<BenchProgram>> foreign_program(const Comparison& comparison) {
  TRY(BenchObject object, BenchObject::load(comparison));
  return std::make_unique<ForeignProgram>(std::move(object));
}

}  // namespace xdp_blacklist
