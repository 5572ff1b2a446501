// Shows packets.h and the reference to packets.py, which knows the formats from elsewhere.
//
//   packet_lines frames COUNT SEED   a line of JSON for each frame: what it should be, and its
//   bytes packet_lines server-names        for each payload in hex on standard input, its server
//   name

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "xdp-blacklist/packet.h"
#include "xdp-blacklist/random.h"
#include "xdp-blacklist/reference.h"

namespace xdp_blacklist::test {
namespace {

using Json = nlohmann::json;
using Payload = std::vector<std::byte>;

std::string hex(const auto& bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

Address random_address(Random& random, bool v6) {
  Address address{.is_v6 = v6, .bytes = {}};
  for (unsigned i = 0; i < address.bits() / 8; ++i) address.bytes[i] = random.byte();
  return address;
}

Payload random_bytes(Random& random, std::size_t size) {
  Payload bytes(size);
  for (std::byte& byte : bytes) byte = std::byte{random.byte()};
  return bytes;
}

Payload random_hello(Random& random, Json& line) {
  const std::string name =
      random.one_in(5) ? "" : fmt::format("w{}.example.com", random.below(1000));
  const ClientHelloShape shape = {
      .tls13 = random.one_in(2),
      .grease = random.one_in(2),
      .session_id = static_cast<std::uint8_t>(random.one_in(2) ? 32 : 0),
      .padding = static_cast<std::uint16_t>(random.one_in(2) ? random.between(1, 400) : 0),
      .name_last = random.one_in(2)};
  line["server_name"] = name;
  line["tls13"] = shape.tls13;
  return client_hello(name, shape);
}

Payload random_http_request(Random& random, Json& line) {
  const HttpRequest request = {
      .method = random.one_in(2) ? "GET" : "POST",
      .path = fmt::format("/{}", random.below(1000)),
      .host = "example.com",
      .user_agent = random.one_in(4) ? "" : fmt::format("curl/{}", random.below(100)),
      .cookie = random.one_in(2) ? "" : fmt::format("k={}", random.below(100))};
  line["http"] = {{"method", request.method},
                  {"path", request.path},
                  {"user_agent", request.user_agent},
                  {"cookie", request.cookie}};
  return http_request(request);
}

void choose_layer4(Random& random, PacketSpec& spec, Json& line) {
  const bool v6 = spec.source.is_v6;
  switch (random.below(5)) {
    case 0: spec.protocol = v6 ? kIcmpV6 : kIcmp; break;
    case 1: spec.protocol = 47; break;
    case 2: spec.protocol = kUdp; break;
    default: spec.protocol = kTcp;
  }
  spec.source_port = static_cast<std::uint16_t>(random.below(65536));
  spec.destination_port = static_cast<std::uint16_t>(random.below(65536));
  if (random.one_in(3)) spec.tcp_options = Payload(random.between(0, 10) * 4, std::byte{1});
  switch (spec.protocol == kTcp ? random.below(4) : 0) {
    case 1: spec.payload = random_hello(random, line); break;
    case 2: spec.payload = random_http_request(random, line); break;
    default: spec.payload = random_bytes(random, random.below(60));
  }
}

void choose_rest(Random& random, PacketSpec& spec) {
  for (std::uint64_t i = random.below(3); i > 0; --i) {
    spec.vlans.push_back({.id = static_cast<std::uint16_t>(random.below(4096)),
                          .tpid = random.one_in(2) ? kVlanTpid : kQinqTpid});
  }
  if (random.one_in(6)) {
    spec.fragment = Fragment{.offset = static_cast<std::uint16_t>(random.below(3) * 100),
                             .more = random.one_in(2)};
  }
  if (random.one_in(4)) spec.trailer = random.below(40);
  if (!spec.source.is_v6) {
    if (random.one_in(3)) spec.ip_options = Payload(random.between(0, 10) * 4, std::byte{1});
    return;
  }
  for (const std::uint8_t type : {kHopByHop, kRouting, kAuthentication, kDestinationOptions}) {
    if (!random.one_in(4)) continue;
    // Bytes of options are padding. The routing header is of a type for experiments: tcpdump takes
    // the destination of others from it.
    Payload body(random.between(4, 40));
    if (type == kRouting) body[0] = std::byte{253};
    spec.extensions.push_back({.type = type, .body = body});
  }
}

Json random_frame_line(Random& random) {
  PacketSpec spec;
  Json line;
  spec.source = random_address(random, random.one_in(2));
  spec.destination = random_address(random, spec.source.is_v6);
  choose_layer4(random, spec, line);
  choose_rest(random, spec);
  const auto frame = build_packet(spec);
  line["error"] = frame ? "" : frame.error().message;
  if (frame) line["frame"] = hex(*frame);
  const auto bytes_of = [](const Address& address) {
    return hex(std::span(address.bytes).first(address.bits() / 8));
  };
  line["source"] = bytes_of(spec.source);
  line["destination"] = bytes_of(spec.destination);
  line["protocol"] = spec.protocol;
  line["ports"] = {spec.source_port, spec.destination_port};
  line["payload"] = hex(spec.payload);
  line["ip_options"] = spec.ip_options.size();
  line["tcp_options"] = spec.tcp_options.size();
  line["trailer"] = spec.trailer;
  line["vlans"] = Json::array();
  for (const VlanTag& tag : spec.vlans) line["vlans"].push_back({tag.tpid, tag.id});
  line["extensions"] = Json::array();
  for (const ExtensionHeader& header : spec.extensions) {
    line["extensions"].push_back({header.type, hex(header.body)});
  }
  if (spec.fragment) line["fragment"] = {spec.fragment->offset, spec.fragment->more};
  return line;
}

void print_server_names() {
  for (std::string line; std::getline(std::cin, line);) {
    Payload payload;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      unsigned byte = 0;
      std::from_chars(line.data() + i, line.data() + i + 2, byte, 16);
      payload.push_back(static_cast<std::byte>(byte));
    }
    const reference::ServerName found = reference::server_name(payload);
    fmt::print("{} {} {}\n", found.is_client_hello ? "hello" : "-",
               found.is_unread ? "unread" : "read", found.name.value_or("-"));
  }
}

}  // namespace
}  // namespace xdp_blacklist::test

int main(int argc, char** argv) {
  using namespace xdp_blacklist::test;
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "server-names") {
    print_server_names();
  } else if (command == "frames" && argc == 4) {
    Random random(std::strtoull(argv[3], nullptr, 10));
    for (auto count = std::strtoull(argv[2], nullptr, 10); count > 0; --count) {
      fmt::print("{}\n", random_frame_line(random).dump());
    }
  } else {
    fmt::print(stderr, "usage: packet_lines frames COUNT SEED | server-names\n");
    return 2;
  }
}
