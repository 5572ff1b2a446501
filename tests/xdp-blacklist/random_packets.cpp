#include "xdp-blacklist/random_packets.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/bytes.h"
#include "xdp-blacklist/packet.h"

namespace xdp_blacklist::test {
namespace {

using Frame = std::vector<std::byte>;

Frame random_bytes(Random& random, std::size_t size) {
  Frame bytes(size);
  for (std::byte& byte : bytes) byte = std::byte{random.byte()};
  return bytes;
}

void choose_addresses(Random& random, const Scenario& scenario, PacketSpec& spec) {
  const bool v6 = random.one_in(2);
  const auto& pool = v6 ? scenario.addresses6 : scenario.addresses4;
  spec.source = random.of(pool);
  spec.destination = random.of(pool);
  if (!random.one_in(4)) return;
  spec.source.bytes[random.below(v6 ? 16 : 4)] ^= static_cast<std::uint8_t>(1 << random.below(8));
}

std::uint16_t random_port(Random& random, const Scenario& scenario) {
  if (random.one_in(2)) return random.of(scenario.ports);
  return static_cast<std::uint16_t>(random.below(65536));
}

void choose_layer4(Random& random, const Scenario& scenario, PacketSpec& spec) {
  constexpr auto kOthers = std::to_array<std::uint8_t>({kIcmp, kIcmpV6, kIcmpV6, 47, 50, 132, 255});
  switch (random.below(9)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: spec.protocol = kTcp; break;
    case 5:
    case 6: spec.protocol = kUdp; break;
    default: spec.protocol = random.of(kOthers);
  }
  spec.source_port = random_port(random, scenario);
  spec.destination_port = random_port(random, scenario);
  spec.icmp_type = static_cast<std::uint8_t>(random.between(131, 139));
  if (random.one_in(4)) spec.tcp_options = random_bytes(random, random.between(0, 10) * 4);
  const std::uint64_t kind = spec.protocol == kTcp ? random.below(3) : 0;
  if (kind == 1) {
    spec.payload = random_client_hello(random, scenario);
  } else if (kind == 2) {
    spec.payload = random_request(random, scenario);
  } else if (random.one_in(2)) {
    spec.payload = random_bytes(random, random.below(40));
  }
}

void choose_layer3(Random& random, PacketSpec& spec) {
  constexpr auto kExtensions = std::to_array<std::uint8_t>(
      {kHopByHop, kRouting, kDestinationOptions, kAuthentication, kFragment});
  if (random.one_in(6)) {
    constexpr auto kOffsets = std::to_array<std::uint16_t>({0, 0, 0, 1, 1, 2, 0x1fff});
    spec.fragment = Fragment{.offset = random.of(kOffsets), .more = random.one_in(2)};
  }
  if (!spec.source.is_v6) {
    if (random.one_in(6)) spec.ip_options = random_bytes(random, random.between(0, 10) * 4);
    return;
  }
  if (!random.one_in(3)) return;
  for (std::uint64_t i = random.one_in(3) ? random.between(7, 10) : random.between(1, 3); i > 0;
       --i) {
    ExtensionHeader header{.type = random.of(kExtensions), .body = {}};
    if (header.type == kFragment) {
      header.body = Frame(6);
      if (random.one_in(3)) header.body[1] = std::byte{1};  // more
    } else {
      header.body = random_bytes(random, random.below(40));
    }
    spec.extensions.push_back(header);
  }
}

void choose_layer2(Random& random, PacketSpec& spec) {
  if (random.one_in(4)) {
    for (std::uint64_t i = random.one_in(4) ? 3 : random.between(1, 2); i > 0; --i) {
      spec.vlans.push_back({.id = static_cast<std::uint16_t>(random.below(65536)),
                            .tpid = random.one_in(2) ? kVlanTpid : kQinqTpid});
    }
  }
  if (random.one_in(6)) spec.trailer = random.between(1, 50);
}

std::uint16_t interesting_u16(Random& random) {
  constexpr auto kValues =
      std::to_array<std::uint16_t>({0, 1, 4, 5, 7, 8, 19, 20, 39, 40, 0x4000, 0x7fff, 0x8000,
                                    0xffff, 0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806});
  return random.one_in(3) ? static_cast<std::uint16_t>(random.below(300)) : random.of(kValues);
}

void put_u16(Frame& bytes, std::size_t at, std::uint16_t value) {
  if (at + 2 <= bytes.size()) btfreloc::store(bytes.data() + at, value, std::endian::big);
}

/// Makes a length one more or less than it was, mostly.
void nudge_u16(Random& random, Frame& bytes, std::size_t at) {
  if (at + 2 > bytes.size()) return;
  const auto was = btfreloc::load<std::uint16_t>(bytes.data() + at, std::endian::big);
  const auto by = static_cast<std::uint16_t>(random.between(1, 9));
  put_u16(bytes, at,
          random.one_in(3)   ? interesting_u16(random)
          : random.one_in(2) ? static_cast<std::uint16_t>(was + by)
                             : static_cast<std::uint16_t>(was - by));
}

void nudge_u8(Random& random, Frame& bytes, std::size_t at) {
  if (at >= bytes.size()) return;
  bytes[at] = std::byte(std::to_integer<unsigned>(bytes[at]) + random.between(0, 2) - 1);
  if (random.one_in(3)) bytes[at] = std::byte{random.byte()};
}

/// Fields of headers that decide how the rest is read, at their places in `spec`.
void damage_headers(Random& random, Frame& frame, const PacketSpec& spec) {
  const std::size_t l3 = 14 + 4 * spec.vlans.size();
  const bool v6 = spec.source.is_v6;
  std::size_t l4 = l3 + (v6 ? 40 : 20 + spec.ip_options.size());
  if (v6 && spec.fragment) l4 += 8;  // Where it is the only extension header.
  switch (random.below(8)) {
    case 0: put_u16(frame, 12 + 4 * random.below(4), interesting_u16(random)); break;
    case 1: nudge_u8(random, frame, l3); break;
    case 2: nudge_u16(random, frame, l3 + (v6 ? 4 : 2)); break;
    case 3: nudge_u8(random, frame, l3 + (v6 ? 6 : 9)); break;
    case 4:
      put_u16(frame, l3 + (v6 ? 42 : 6), static_cast<std::uint16_t>(random.below(65536)));
      break;
    case 5: nudge_u8(random, frame, l3 + 41); break;
    case 6:
      if (spec.protocol == kTcp && l4 + 12 < frame.size())
        frame[l4 + 12] = std::byte{random.byte()};
      if (spec.protocol == kUdp) nudge_u16(random, frame, l4 + 4);
      break;
    default:
      // As much as IP says is there, and less than layer 4 needs.
      nudge_u16(random, frame, l3 + (v6 ? 4 : 2));
      if (frame.size() > l4) frame.resize(random.between(l4, frame.size()));
      put_u16(frame, l3 + (v6 ? 4 : 2),
              static_cast<std::uint16_t>(frame.size() - l3 - (v6 ? 40 : 0)));
  }
}

}  // namespace

void damage(Random& random, Frame& bytes, const Frame& before) {
  if (bytes.empty()) return;
  const std::size_t at = random.below(bytes.size());
  const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.below(6)) {
    case 0: bytes[at] ^= std::byte(1 << random.below(8)); break;
    case 1: bytes[at] = std::byte{random.byte()}; break;
    case 2: put_u16(bytes, at, interesting_u16(random)); break;
    case 3: bytes.resize(std::max<std::size_t>(at, 1)); break;
    case 4: {
      const auto size = static_cast<std::ptrdiff_t>(random.below(16));
      bytes.erase(here, here + std::min(size, bytes.end() - here - (at == 0 ? 1 : 0)));
      break;
    }
    default: {
      if (before.empty()) break;
      const std::size_t from = random.below(before.size());
      const std::size_t size = std::min<std::size_t>(random.below(40), before.size() - from);
      const auto begin = before.begin() + static_cast<std::ptrdiff_t>(from);
      const Frame part(begin, begin + static_cast<std::ptrdiff_t>(size));
      bytes.insert(here, part.begin(), part.end());
    }
  }
}

Frame random_frame(Random& random, const Scenario& scenario, const Frame& before) {
  if (random.one_in(100)) {  // ARP and such, and what is no frame at all.
    Frame bytes = random_bytes(random, random.between(1, 80));
    if (random.one_in(2)) put_u16(bytes, 12, interesting_u16(random));
    return bytes;
  }
  PacketSpec spec;
  choose_addresses(random, scenario, spec);
  choose_layer4(random, scenario, spec);
  choose_layer3(random, spec);
  choose_layer2(random, spec);
  auto built = build_packet(spec);
  if (!built) throw std::runtime_error("build_packet: " + built.error().message);
  Frame frame = *std::move(built);
  if (random.one_in(3)) damage_headers(random, frame, spec);
  if (random.one_in(5)) {
    for (std::uint64_t i = random.between(1, 3); i > 0; --i) damage(random, frame, before);
  }
  return frame;
}

}  // namespace xdp_blacklist::test
