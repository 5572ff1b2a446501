#include <array>
#include <string_view>

#include "base/bytes.h"
#include "xdp-blacklist/packet.h"
#include "xdp-blacklist/random_packets.h"

namespace xdp_blacklist::test {
namespace {

using Payload = std::vector<std::byte>;

/// A name that is in the list, below one, beside one, or none.
std::string random_name(Random& random, const Scenario& scenario) {
  std::string name = random.of(scenario.names);
  switch (random.below(6)) {
    case 0: name = "www." + name; break;
    case 1: name = "a.b.c." + name; break;
    case 2: name = "x" + name; break;
    case 3:
      if (const std::size_t dot = name.find('.'); dot != name.npos) name.erase(0, dot + 1);
      break;
    default: break;
  }
  if (random.one_in(8)) name += random.one_in(2) ? "." : ".x";
  if (random.one_in(8)) name += std::string(random.below(4), '.');
  if (random.one_in(12)) name.insert(0, random.below(270), 'a');
  for (char& letter : name) {
    if (letter >= 'a' && letter <= 'z' && random.one_in(6)) letter = static_cast<char>(letter - 32);
  }
  if (random.one_in(20)) name[random.below(name.size())] = static_cast<char>(random.byte());
  return name;
}

void append_u16(Payload& bytes, std::size_t value) {
  bytes.push_back(std::byte(value >> 8));
  bytes.push_back(std::byte(value & 0xff));
}
void append(Payload& bytes, std::string_view chars) {
  const auto more = btfreloc::as_bytes(chars);
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// A ClientHello of nothing but extensions, with every length by chance a bit wrong.
Payload strange_client_hello(Random& random, const Scenario& scenario) {
  const auto wrong = [&](std::size_t length) {
    return random.one_in(40) ? length + random.between(0, 12) - 6 : length;
  };
  Payload extensions;
  const std::uint64_t count = random.one_in(3) ? random.between(29, 36) : random.below(5);
  const std::uint64_t name_at = random.below(count + 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i == name_at) {
      const std::string name = random_name(random, scenario);
      append_u16(extensions, 0);
      append_u16(extensions, wrong(name.size() + 5));
      append_u16(extensions, wrong(name.size() + 3));
      extensions.push_back(std::byte(random.one_in(20) ? 1 : 0));
      append_u16(extensions, wrong(name.size()));
      append(extensions, name);
    } else {
      const std::size_t size = random.below(6);
      append_u16(extensions, random.between(1, 60));
      append_u16(extensions, wrong(size));
      extensions.resize(extensions.size() + size);
    }
  }
  Payload hello = {std::byte{3}, std::byte{3}};
  hello.resize(34);
  hello.push_back(std::byte{0});  // session
  append_u16(hello, wrong(2));
  append_u16(hello, 0x1301);
  hello.push_back(std::byte{1});
  hello.push_back(std::byte{0});
  if (!extensions.empty() || random.one_in(2)) append_u16(hello, wrong(extensions.size()));
  hello.insert(hello.end(), extensions.begin(), extensions.end());
  Payload record = {std::byte{22}, std::byte{3}, std::byte{1}};
  append_u16(record, wrong(hello.size() + 4));
  record.push_back(std::byte{1});
  record.push_back(std::byte{0});
  append_u16(record, wrong(hello.size()));
  record.insert(record.end(), hello.begin(), hello.end());
  return record;
}

std::string random_value(Random& random, const std::vector<std::string>& texts) {
  std::string value;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    switch (random.below(5)) {
      case 0: value += "Mozilla/5.0 "; break;
      case 1: value += std::string(random.below(80), 'a'); break;
      case 2: {
        // Nearly.
        const std::string& text = random.of(texts);
        value += text.substr(0, random.below(text.size() + 1));
        break;
      }
      default: value += random.of(texts);
    }
    if (random.one_in(3)) value += ' ';
  }
  return value;
}

std::string random_header_line(Random& random, const Scenario& scenario) {
  using namespace std::string_view_literals;
  constexpr auto kNames =
      std::to_array({"User-Agent:"sv, "User-Agent:"sv, "user-agent: "sv, "USER-AGENT:\t "sv,
                     "User-Agent : "sv, "User-Agen:"sv, "User-Agents:"sv, " User-Agent:"sv,
                     "X-User-Agent:"sv, "Cookie:"sv, "Cookie: "sv, "cOOKIE:  "sv, "Cookies:"sv,
                     "Accept: "sv, "Host: "sv, ""sv, "\r"sv, "\rUser-Agent:"sv, "\0Cookie:"sv});
  constexpr auto kEnds = std::to_array(
      {"\r\n"sv, "\r\n"sv, "\r\n"sv, "\r\n"sv, "\n"sv, "\r"sv, "\r\r\n"sv, "\r \n"sv, ""sv});
  std::string line(random.of(kNames));
  line += random_value(random, random.one_in(2) ? scenario.agents : scenario.cookies);
  if (random.one_in(30)) line += std::string(random.below(1100), 'v');
  return line + std::string(random.of(kEnds));
}

Payload strange_request(Random& random, const Scenario& scenario) {
  using namespace std::string_view_literals;
  constexpr auto kMethods =
      std::to_array({"GET "sv, "POST "sv, "HEAD "sv, "PUT "sv, "DELETE "sv, "OPTIONS "sv,
                     "PATCH "sv, "TRACE "sv, "CONNECT "sv, "get "sv, "GETS"sv, "PRI "sv});
  std::string text(random.of(kMethods));
  text += "/ HTTP/1.1\r\n";
  for (std::uint64_t i = random.below(6); i > 0; --i) text += random_header_line(random, scenario);
  // The empty line around the end of what is read.
  if (random.one_in(6) && text.size() < 1000) {
    text += "X: ";
    text.resize(random.between(1010, 1026), 'p');
    text += "\r\n";
  }
  if (!random.one_in(4)) text += "\r\n";
  if (random.one_in(6)) text += "User-Agent: curl/\r\n\r\n";
  Payload bytes;
  append(bytes, text);
  return bytes;
}

}  // namespace

Payload random_client_hello(Random& random, const Scenario& scenario) {
  Payload payload;
  if (random.one_in(2)) {
    payload = strange_client_hello(random, scenario);
  } else {
    const ClientHelloShape shape = {
        .tls13 = random.one_in(2),
        .grease = random.one_in(2),
        .session_id = static_cast<std::uint8_t>(random.below(33)),
        .padding = static_cast<std::uint16_t>(random.one_in(4) ? random.below(400) : 0),
        .name_last = random.one_in(2)};
    payload = client_hello(random.one_in(10) ? "" : random_name(random, scenario), shape);
  }
  if (random.one_in(3)) damage(random, payload, payload);
  return payload;
}

Payload random_request(Random& random, const Scenario& scenario) {
  Payload payload;
  if (random.one_in(2)) {
    payload = strange_request(random, scenario);
  } else {
    payload = http_request({.path = "/index.html",
                            .host = "example.com",
                            .user_agent = random_value(random, scenario.agents),
                            .cookie = random_value(random, scenario.cookies)});
  }
  if (random.one_in(4)) damage(random, payload, payload);
  return payload;
}

}  // namespace xdp_blacklist::test
