#include "xdp-blacklist/bench/bench_packet.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "xdp-blacklist/packet.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Result;
using btfreloc::Status;

constexpr Address kSource4 = {.bytes = {10, 1, 2, 3}};
constexpr Address kDestination4 = {.bytes = {10, 9, 9, 9}};
constexpr Address kSource6 = {
    .is_v6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr Address kDestination6 = {
    .is_v6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
constexpr std::uint16_t kPort = 443;

/// Behind the headers of UDP and of SYNs, as in the smallest Ethernet frame.
constexpr std::size_t kPayload = 18;

PacketSpec ipv4(std::uint8_t protocol) {
  PacketSpec spec = {.source = kSource4, .destination = kDestination4};
  spec.protocol = protocol;
  spec.destination_port = kPort;
  if (protocol == kUdp) spec.payload.resize(kPayload);
  return spec;
}

PacketSpec ipv6(std::uint8_t protocol) {
  PacketSpec spec = ipv4(protocol);
  spec.source = kSource6;
  spec.destination = kDestination6;
  return spec;
}

PacketSpec with_payload(std::vector<std::byte> payload) {
  PacketSpec spec = ipv4(kTcp);
  spec.payload = std::move(payload);
  return spec;
}

PacketSpec tagged_twice() {
  PacketSpec spec = ipv4(kUdp);
  spec.vlans = {{.id = 100, .tpid = kQinqTpid}, {.id = 7}};
  return spec;
}

Rule net(const Address& address, unsigned prefix) {
  NetRule rule = {.address = address, .prefix = static_cast<std::uint8_t>(prefix)};
  for (unsigned bit = prefix; bit < address.bits(); ++bit) {
    rule.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  return {.what = rule};
}

Rule host(const Address& address) { return net(address, address.bits()); }

Rule port(bool tcp) {
  return {.what =
              PortRule{.tcp = tcp, .udp = !tcp, .is_source = false, .first = kPort, .last = kPort}};
}

Rule below(std::string_view name) {
  return {.what = NameRule{.name = std::string(name), .below = true}};
}

Rule agent(std::string_view text) { return {.what = AgentRule{.text = std::string(text)}}; }

std::vector<std::byte> request(std::string_view cookie) {
  return http_request({.path = "/index.html",
                       .host = "www.example.org",
                       .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101",
                       .cookie = std::string(cookie)});
}

class Packets {
 public:
  Status passes(std::string name, const PacketSpec& spec, std::vector<Rule> rules = {}) {
    return add(std::move(name), spec, std::move(rules), {}, false);
  }
  Status drops(std::string name, const PacketSpec& spec, Rule rule) {
    return add(std::move(name), spec, {std::move(rule)}, {}, true);
  }
  Status challenged(std::string name, const PacketSpec& spec) {
    return add(std::move(name), spec, {}, Challenge{.source = kSource4, .cookie = "seen=4d3c2b1a"},
               false);
  }
  std::vector<BenchPacket> take() { return std::move(packets_); }

 private:
  Status add(std::string name, const PacketSpec& spec, std::vector<Rule> rules,
             std::optional<Challenge> challenge, bool drops) {
    TRY(std::vector<std::byte> frame, build_packet(spec));
    packets_.push_back({.name = std::move(name),
                        .frame = std::move(frame),
                        .rules = std::move(rules),
                        .challenge = std::move(challenge),
                        .drops = drops});
    return {};
  }

  std::vector<BenchPacket> packets_;
};

}  // namespace

Result<std::vector<BenchPacket>> make_bench_packets() {
  const std::vector<std::byte> hello = client_hello("tracker.ads.example.net");
  Packets packets;
  TRY_OK(packets.passes("pass UDP4", ipv4(kUdp)));
  TRY_OK(packets.passes("pass TCP4", ipv4(kTcp)));
  TRY_OK(packets.passes("pass UDP6", ipv6(kUdp)));
  TRY_OK(packets.drops("host4 hit", ipv4(kUdp), host(kSource4)));
  TRY_OK(packets.drops("net4 hit", ipv4(kUdp), net(kSource4, 24)));
  TRY_OK(packets.drops("host6 hit", ipv6(kUdp), host(kSource6)));
  TRY_OK(packets.drops("net6 hit", ipv6(kUdp), net(kSource6, 48)));
  TRY_OK(packets.drops("UDP port hit", ipv4(kUdp), port(false)));
  TRY_OK(packets.drops("TCP port hit", ipv4(kTcp), port(true)));
  TRY_OK(packets.drops("QinQ host4 hit", tagged_twice(), host(kSource4)));
  TRY_OK(packets.drops("name hit", with_payload(hello), below("ads.example.net")));
  TRY_OK(packets.passes("name miss", with_payload(hello), {below("example.org")}));
  TRY_OK(packets.drops("agent hit", with_payload(request("")), agent("Gecko/2010")));
  TRY_OK(packets.passes("agent miss", with_payload(request("")), {agent("curl/")}));
  TRY_OK(packets.challenged("cookie right", with_payload(request("seen=4d3c2b1a"))));
  TRY_OK(packets.challenged("cookie absent", with_payload(request(""))));
  return packets.take();
}

}  // namespace xdp_blacklist
