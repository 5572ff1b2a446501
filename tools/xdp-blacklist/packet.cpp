#include "xdp-blacklist/packet.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/bytes.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Bytes;
using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;
constexpr std::size_t kMaxOptions = 40;  // In bytes: what the 4 bits of both lengths leave.
constexpr std::uint8_t kPushAck = 0x18;

/// Bytes in the order of the network, appended to.
class Writer {
 public:
  void u8(std::size_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u16(std::size_t value) {
    u8(value >> 8);
    u8(value);
  }
  void u32(std::size_t value) {
    u16(value >> 16);
    u16(value);
  }
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void append(std::string_view chars) { append(btfreloc::as_bytes(chars)); }
  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }

  /// Appends what `write` does behind its length in `width` bytes.
  template <class Write>
  void with_length(std::size_t width, Write write) {
    const std::size_t at = bytes_.size();
    zeros(width);
    write();
    const std::size_t length = bytes_.size() - at - width;
    for (std::size_t i = 0; i < width; ++i) {
      bytes_[at + i] = static_cast<std::byte>(length >> (8 * (width - 1 - i)));
    }
  }
  void set_u16(std::size_t at, std::uint16_t value) {
    btfreloc::store(bytes_.data() + at, value, std::endian::big);
  }

  std::size_t size() const { return bytes_.size(); }
  Bytes bytes() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

Bytes bytes_of(const Address& address) {
  return std::as_bytes(std::span(address.bytes)).first(address.bits() / 8);
}

/// Source: RFC 1071. `sum` is of what else the checksum is over.
std::uint16_t checksum(Bytes bytes, std::uint64_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// The sum of the pseudo header, which is the same for IPv4 (RFC 9293) and IPv6 (RFC 8200, 8.1).
std::uint64_t pseudo_header_sum(const PacketSpec& spec, std::size_t length) {
  Writer pseudo;
  pseudo.append(bytes_of(spec.source));
  pseudo.append(bytes_of(spec.destination));
  pseudo.u32(length);
  pseudo.u32(spec.protocol);
  return static_cast<std::uint16_t>(~checksum(pseudo.bytes()));
}

std::vector<std::byte> tcp_segment(const PacketSpec& spec) {
  Writer segment;
  segment.u16(spec.source_port);
  segment.u16(spec.destination_port);
  segment.u32(1);  // sequence number
  segment.u32(spec.payload.empty() ? 0 : 1);
  segment.u8((5 + spec.tcp_options.size() / 4) << 4);
  segment.u8(spec.payload.empty() ? spec.tcp_flags : kPushAck);
  segment.u16(64240);  // window
  segment.u32(0);      // checksum, urgent pointer
  segment.append(spec.tcp_options);
  segment.append(spec.payload);
  segment.set_u16(16, checksum(segment.bytes(), pseudo_header_sum(spec, segment.size())));
  return segment.take();
}

std::vector<std::byte> udp_datagram(const PacketSpec& spec) {
  Writer datagram;
  datagram.u16(spec.source_port);
  datagram.u16(spec.destination_port);
  datagram.u16(8 + spec.payload.size());
  datagram.u16(0);
  datagram.append(spec.payload);
  const std::uint16_t sum = checksum(datagram.bytes(), pseudo_header_sum(spec, datagram.size()));
  datagram.set_u16(6, sum == 0 ? 0xffff : sum);  // 0 means that there is none.
  return datagram.take();
}

std::vector<std::byte> icmp_message(const PacketSpec& spec) {
  Writer message;
  message.u8(spec.icmp_type);
  message.u8(0);   // code
  message.u16(0);  // checksum
  message.u32(1);  // identifier and sequence number of an echo; reserved for others
  message.append(spec.payload);
  const bool v6 = spec.protocol == kIcmpV6;
  message.set_u16(2, checksum(message.bytes(), v6 ? pseudo_header_sum(spec, message.size()) : 0));
  return message.take();
}

/// What IP carries.
std::vector<std::byte> layer4(const PacketSpec& spec) {
  if (spec.fragment && spec.fragment->offset != 0) return spec.payload;
  switch (spec.protocol) {
    case kTcp: return tcp_segment(spec);
    case kUdp: return udp_datagram(spec);
    case kIcmp:
    case kIcmpV6: return icmp_message(spec);
    default: return spec.payload;
  }
}

void append_ipv4(Writer& frame, const PacketSpec& spec, Bytes content) {
  Writer header;
  header.u8(0x40 | (5 + spec.ip_options.size() / 4));
  header.u8(0);  // traffic class
  header.u16(20 + spec.ip_options.size() + content.size());
  header.u16(1);  // identification
  const Fragment fragment = spec.fragment.value_or(Fragment{.offset = 0, .more = false});
  header.u16(std::size_t{fragment.more} << 13 | fragment.offset |
             (spec.fragment ? 0 : 0x4000));  // "do not fragment"
  header.u8(64);                             // time to live
  header.u8(spec.protocol);
  header.u16(0);
  header.append(bytes_of(spec.source));
  header.append(bytes_of(spec.destination));
  header.append(spec.ip_options);
  header.set_u16(10, checksum(header.bytes()));
  frame.append(header.bytes());
  frame.append(content);
}

/// The length field of an extension header, and how many bytes that says it has.
/// Source: RFC 8200, 4; RFC 4302, 2.2.
struct ExtensionLength {
  std::size_t field;
  std::size_t bytes;
};
ExtensionLength length_of(const ExtensionHeader& extension) {
  const std::size_t bytes = std::max<std::size_t>((2 + extension.body.size() + 7) / 8 * 8, 8);
  if (extension.type == kFragment) return {.field = 0, .bytes = 8};
  if (extension.type == kAuthentication) return {.field = bytes / 4 - 2, .bytes = bytes};
  return {.field = bytes / 8 - 1, .bytes = bytes};
}

void append_extensions(Writer& frame, std::span<const ExtensionHeader> extensions,
                       std::uint8_t protocol) {
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    const auto [field, size] = length_of(extensions[i]);
    frame.u8(i + 1 < extensions.size() ? extensions[i + 1].type : protocol);
    frame.u8(field);
    frame.append(extensions[i].body);
    frame.zeros(size - 2 - extensions[i].body.size());
  }
}

ExtensionHeader fragment_header(const Fragment& fragment) {
  Writer body;
  body.u16(std::size_t{fragment.offset} << 3 | std::size_t{fragment.more});
  body.u32(1);  // identification
  return {.type = kFragment, .body = body.take()};
}

void append_ipv6(Writer& frame, const PacketSpec& spec, Bytes content) {
  std::vector<ExtensionHeader> extensions = spec.extensions;
  if (spec.fragment) extensions.push_back(fragment_header(*spec.fragment));
  std::size_t length = content.size();
  for (const ExtensionHeader& extension : extensions) length += length_of(extension).bytes;

  frame.u32(0x60000000);
  frame.u16(length);
  frame.u8(extensions.empty() ? spec.protocol : extensions.front().type);
  frame.u8(64);  // hop limit
  frame.append(bytes_of(spec.source));
  frame.append(bytes_of(spec.destination));
  append_extensions(frame, extensions, spec.protocol);
  frame.append(content);
}

Status check_options(const std::vector<std::byte>& options, std::string_view of) {
  if (options.size() % 4 == 0 && options.size() <= kMaxOptions) return {};
  return fail(Errc::out_of_range,
              fmt::format("{} bytes of {} options do not fit its header", options.size(), of), {},
              fmt::format("give whole words of 4 bytes, at most {} bytes", kMaxOptions));
}

Status check(const PacketSpec& spec) {
  if (spec.source.is_v6 != spec.destination.is_v6) {
    return fail(Errc::bad_format, "source and destination are of different families", {},
                "give two IPv4 or two IPv6 addresses");
  }
  TRY_OK(check_options(spec.ip_options, "IP"));
  TRY_OK(check_options(spec.tcp_options, "TCP"));
  if (spec.fragment && spec.fragment->offset > 0x1fff) {
    return fail(Errc::out_of_range, "the offset of the fragment does not fit its 13 bits");
  }
  for (const ExtensionHeader& extension : spec.extensions) {
    const std::size_t size = extension.body.size();
    if (extension.type == kFragment ? size > 6 : length_of(extension).field > 255) {
      return fail(Errc::out_of_range, fmt::format("{} bytes do not fit an extension header", size));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> build_packet(const PacketSpec& spec) {
  TRY_OK(check(spec));
  Writer frame;
  for (const std::size_t last : {2, 1}) {  // to and from addresses that nobody was given
    frame.u16(0x0200);
    frame.u32(last);
  }
  for (const VlanTag& tag : spec.vlans) {
    frame.u16(tag.tpid);
    frame.u16(tag.id);
  }
  frame.u16(spec.source.is_v6 ? kTypeIpv6 : kTypeIpv4);
  const std::size_t layer3 = frame.size();
  if (spec.source.is_v6) {
    append_ipv6(frame, spec, layer4(spec));
  } else {
    append_ipv4(frame, spec, layer4(spec));
  }
  // The length of IPv6 is without its header, the others are with theirs.
  if (frame.size() - layer3 - (spec.source.is_v6 ? 40 : 0) > 0xffff) {
    return fail(Errc::out_of_range, "the packet is longer than IP can say", {},
                "give a payload of less than 64 KiB");
  }
  frame.zeros(spec.trailer);
  return frame.take();
}

namespace {

// Source: RFC 8446, 4.2; RFC 6066, 3; RFC 7685; RFC 8701.
constexpr std::uint16_t kGrease = 0x4a4a;

template <class Write>
void append_extension(Writer& hello, std::uint16_t type, Write write) {
  hello.u16(type);
  hello.with_length(2, write);
}

void append_server_name(Writer& hello, std::string_view name) {
  if (name.empty()) return;
  append_extension(hello, 0, [&] {
    hello.with_length(2, [&] {
      hello.u8(0);  // host_name
      hello.with_length(2, [&] { hello.append(name); });
    });
  });
}

void append_tls13_extensions(Writer& hello) {
  append_extension(hello, 43, [&] {  // supported_versions
    hello.with_length(1, [&] {
      hello.u16(0x0304);
      hello.u16(0x0303);
    });
  });
  append_extension(hello, 51, [&] {  // key_share: x25519
    hello.with_length(2, [&] {
      hello.u16(29);
      hello.with_length(2, [&] {
        for (std::size_t i = 0; i < 32; ++i) hello.u8(0x40 + i);
      });
    });
  });
  append_extension(hello, 45, [&] { hello.with_length(1, [&] { hello.u8(1); }); });
}

void append_tls_extensions(Writer& hello, std::string_view name, const ClientHelloShape& shape) {
  if (shape.grease) append_extension(hello, kGrease, [] {});
  if (!shape.name_last) append_server_name(hello, name);
  append_extension(hello, 23, [] {});                     // extended_master_secret
  append_extension(hello, 0xff01, [&] { hello.u8(0); });  // renegotiation_info
  append_extension(hello, 10, [&] {                       // supported_groups
    hello.with_length(2, [&] {
      if (shape.grease) hello.u16(kGrease);
      for (const int group : {29, 23, 24}) hello.u16(static_cast<std::size_t>(group));
    });
  });
  append_extension(hello, 13, [&] {  // signature_algorithms
    hello.with_length(2, [&] {
      for (const int algorithm : {0x0403, 0x0804, 0x0401}) {
        hello.u16(static_cast<std::size_t>(algorithm));
      }
    });
  });
  append_extension(hello, 16, [&] {  // application_layer_protocol_negotiation
    hello.with_length(2, [&] {
      for (const std::string_view protocol : {"h2", "http/1.1"}) {
        hello.with_length(1, [&] { hello.append(protocol); });
      }
    });
  });
  if (shape.tls13) append_tls13_extensions(hello);
  if (shape.padding != 0) append_extension(hello, 21, [&] { hello.zeros(shape.padding); });
  if (shape.name_last) append_server_name(hello, name);
}

void append_cipher_suites(Writer& hello, const ClientHelloShape& shape) {
  if (shape.grease) hello.u16(kGrease);
  if (shape.tls13) {
    for (const int suite : {0x1301, 0x1302, 0x1303}) hello.u16(static_cast<std::size_t>(suite));
  }
  for (const int suite : {0xc02b, 0xc02f, 0xc02c, 0xc030}) {
    hello.u16(static_cast<std::size_t>(suite));
  }
}

}  // namespace

std::vector<std::byte> client_hello(std::string_view server_name, const ClientHelloShape& shape) {
  Writer hello;
  hello.u8(22);  // handshake
  hello.u16(0x0301);
  hello.with_length(2, [&] {
    hello.u8(1);  // client_hello
    hello.with_length(3, [&] {
      hello.u16(0x0303);
      for (std::size_t i = 0; i < 32; ++i) hello.u8(i * 7 + 3);  // random
      hello.with_length(1, [&] {
        for (std::size_t i = 0; i < shape.session_id; ++i) hello.u8(0xa0 + i);
      });
      hello.with_length(2, [&] { append_cipher_suites(hello, shape); });
      hello.with_length(1, [&] { hello.u8(0); });  // compression_methods: null
      hello.with_length(2, [&] { append_tls_extensions(hello, server_name, shape); });
    });
  });
  return hello.take();
}

std::vector<std::byte> http_request(const HttpRequest& request) {
  Writer text;
  const auto header = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text.append(fmt::format("{}: {}\r\n", name, value));
  };
  text.append(fmt::format("{} {} HTTP/1.1\r\n", request.method, request.path));
  header("Host", request.host);
  header("User-Agent", request.user_agent);
  header("Accept", "*/*");
  header("Cookie", request.cookie);
  text.append("\r\n");
  return text.take();
}

}  // namespace xdp_blacklist
