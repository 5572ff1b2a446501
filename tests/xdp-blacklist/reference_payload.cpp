#include <algorithm>
#include <cctype>
#include <string_view>

#include "xdp-blacklist/reference.h"

// What clients say in the first bytes of a connection.

namespace xdp_blacklist::reference {
namespace {

constexpr std::size_t kMaxName = 253;     // In bytes, as DNS has it.
constexpr unsigned kMaxExtensions = 32;   // What is behind them is not read.
constexpr std::size_t kMaxHeader = 1024;  // In bytes of the payload.

/// There are not as many bytes as a length says.
struct Cut {};

/// Reads from the front of some bytes.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }

  Bytes take(std::size_t size) {
    if (size > bytes_.size()) throw Cut();
    const Bytes taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  std::size_t number(std::size_t width) {
    std::size_t value = 0;
    for (const std::byte byte : take(width)) value = value << 8 | std::to_integer<unsigned>(byte);
    return value;
  }
  Bytes take_with_length(std::size_t width) { return take(number(width)); }
  /// At most so many of the bytes that are left.
  Cursor up_to(std::size_t size) const {
    return Cursor(bytes_.first(std::min(size, this->size())));
  }

 private:
  Bytes bytes_;
};

/// The name of the extension server_name. Source: RFC 6066, 3.
std::string name_in(Cursor extension) {
  Cursor list(extension.take_with_length(2));
  if (list.number(1) != 0) throw Cut();  // Nobody knows how long other kinds of names are.
  std::string lower(btfreloc::as_chars(list.take_with_length(2)));
  if (lower.ends_with('.')) lower.pop_back();
  if (lower.empty() || lower.size() > kMaxName) throw Cut();
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

/// The name among extensions that say to be `declared` bytes; as many as there are follow.
std::optional<std::string> name_in_extensions(Cursor rest, std::size_t declared) {
  for (unsigned i = 0; declared != 0; ++i) {
    if (i == kMaxExtensions || declared < 4) throw Cut();
    const std::size_t type = rest.number(2);
    const std::size_t length = rest.number(2);
    if (length > declared - 4) throw Cut();
    if (type == 0) return name_in(rest.up_to(length));
    // Whatever is cut off of the last one, it is no name.
    rest.take(std::min(length, rest.size()));
    declared -= 4 + length;
  }
  return {};
}

/// Throws Cut. Source: RFC 8446, 4.1.2 and 5.1.
std::optional<std::string> name_in_client_hello(Bytes payload) {
  Cursor rest(payload);
  rest.take(3);  // type and version of the record
  const std::size_t record_length = rest.number(2);
  Cursor record = rest.up_to(record_length);
  record.take(1);  // client_hello
  const std::size_t hello_length = record.number(3);
  Cursor hello = record.up_to(hello_length);
  const std::size_t cut_off = hello_length - hello.size();
  hello.take(2 + 32);                            // version, random
  hello.take_with_length(1);                     // session id
  hello.take_with_length(2);                     // cipher suites
  hello.take_with_length(1);                     // compression methods
  if (hello.empty() && cut_off == 0) return {};  // Clients older than extensions.
  const std::size_t length = hello.number(2);
  if (length > hello.size() + cut_off) throw Cut();
  return name_in_extensions(hello, length);
}

bool is_method(std::string_view text) {
  constexpr std::array<std::string_view, 9> kMethods = {"GET ", "POST", "HEAD", "PUT ", "DELE",
                                                        "OPTI", "PATC", "TRAC", "CONN"};
  return std::ranges::any_of(kMethods,
                             [&](std::string_view each) { return text.starts_with(each); });
}

/// The value of the line when it is of that header.
std::optional<std::string> value_of(std::string_view header, std::string_view line) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  if (line.size() <= header.size() || line[header.size()] != ':') return {};
  if (!std::ranges::equal(header, line.substr(0, header.size()), same)) return {};
  line.remove_prefix(header.size() + 1);
  line = line.substr(0, line.find_first_of(std::string_view("\r\0", 2)));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return std::string(line);
}

}  // namespace

ServerName server_name(Bytes payload) {
  if (payload.size() < 6 || payload[0] != std::byte{0x16} || payload[5] != std::byte{1}) return {};
  try {
    return {.is_client_hello = true, .name = name_in_client_hello(payload)};
  } catch (const Cut&) {
    return {.is_client_hello = true, .is_unread = true};
  }
}

RequestHeader request_header(Bytes payload) {
  std::string_view text = btfreloc::as_chars(payload).substr(0, kMaxHeader);
  if (!is_method(text)) return {};
  RequestHeader header{.is_request = true, .is_unread = true};
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t length = text.find('\n');
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    if (is_first) continue;
    if (length != std::string_view::npos && line.find_first_not_of('\r') == line.npos) {
      header.is_unread = false;
      break;
    }
    if (!header.user_agent) header.user_agent = value_of("User-Agent", line);
    if (!header.cookie) header.cookie = value_of("Cookie", line);
  }
  return header;
}

}  // namespace xdp_blacklist::reference
