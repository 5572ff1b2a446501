#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/rules/rule.h"

// Packets that a program is asked about: what `test` and `bench` send, and tests start from.

namespace xdp_blacklist {

/// IANA protocol numbers.
enum Protocol : std::uint8_t {
  kIcmp = 1,
  kTcp = 6,
  kUdp = 17,
  kIcmpV6 = 58,
};

/// IANA numbers of IPv6 extension headers.
enum Extension : std::uint8_t {
  kHopByHop = 0,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kDestinationOptions = 60,
};

inline constexpr std::uint16_t kVlanTpid = 0x8100;
inline constexpr std::uint16_t kQinqTpid = 0x88a8;

struct VlanTag {
  std::uint16_t id;  ///< The low 12 bits; those above are priority and DEI.
  std::uint16_t tpid = kVlanTpid;
};

/// An IPv6 extension header as its bytes after the first two, next header and length. Zeros are
/// added up to a whole number of units.
struct ExtensionHeader {
  std::uint8_t type;  ///< enum Extension, or any other number with the length in units of 8.
  std::vector<std::byte> body = {};
};

/// Which part of a datagram the packet is.
struct Fragment {
  std::uint16_t offset;  ///< In units of 8 bytes. Unless it is 0, there is no header of layer 4.
  bool more;
};

/// An Ethernet frame with one IP packet. What is left as it is makes a SYN.
struct PacketSpec {
  Address source;
  Address destination;  ///< Of the same family.
  std::uint8_t protocol = kTcp;
  std::uint16_t source_port = 40000;             ///< TCP, UDP
  std::uint16_t destination_port = 0;            ///< TCP, UDP
  std::uint8_t icmp_type = 8;                    ///< ICMP, ICMPv6
  std::uint8_t tcp_flags = 0x02;                 ///< SYN; PSH and ACK where there is a payload.
  std::vector<VlanTag> vlans = {};               ///< The outermost first.
  std::vector<std::byte> ip_options = {};        ///< IPv4: whole words, at most 40 bytes.
  std::vector<std::byte> tcp_options = {};       ///< Whole words, at most 40 bytes.
  std::vector<ExtensionHeader> extensions = {};  ///< IPv6: in order, before that of `fragment`.
  std::optional<Fragment> fragment = {};
  std::vector<std::byte> payload = {};  ///< Of layer 4; for other protocols, all of it.
  std::size_t trailer = 0;              ///< Zero bytes behind the IP packet.
};

/// The frame, with lengths and checksums. Fails when families differ or a part does not fit the
/// field of its length.
btfreloc::Result<std::vector<std::byte>> build_packet(const PacketSpec& spec);

/// What a ClientHello has besides the server name. The first byte is of the TLS record.
struct ClientHelloShape {
  bool tls13 = true;             ///< With supported_versions and a key share; else TLS 1.2.
  bool grease = true;            ///< Values nobody knows, as RFC 8701 has them.
  std::uint8_t session_id = 32;  ///< In bytes, at most 32.
  std::uint16_t padding = 0;     ///< In bytes of the padding extension; 0: none.
  bool name_last = false;        ///< The server name is the last extension instead of the first.
};

/// One TLS record with a ClientHello; without server_name when that is empty.
std::vector<std::byte> client_hello(std::string_view server_name,
                                    const ClientHelloShape& shape = {});

/// A request of HTTP/1.1. Headers that are empty are left out.
struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string host = {};
  std::string user_agent = {};
  std::string cookie = {};
};
std::vector<std::byte> http_request(const HttpRequest& request);

}  // namespace xdp_blacklist
