#include "btfreloc/test_input.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "btfreloc/input.h"

namespace btfreloc::tool {

Result<std::vector<std::byte>> read_test_input(const std::string& input) {
  constexpr std::string_view kHex = "hex:";
  if (!input.starts_with(kHex)) {
    // The kernel takes a packet of at most 64 KiB or so.
    constexpr std::uintmax_t kMaxInput = std::uintmax_t{1} << 20;
    std::error_code error;
    if (std::filesystem::file_size(input, error) > kMaxInput && !error) {
      return fail(Errc::out_of_range, fmt::format("a test input of more than {} bytes", kMaxInput),
                  {.file = input}, "give the bytes of one packet");
    }
    TRY(const FileBytes file, FileBytes::open(input));
    return std::vector<std::byte>(file.bytes().begin(), file.bytes().end());
  }
  std::vector<std::byte> bytes;
  const std::string_view digits = std::string_view(input).substr(kHex.size());
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const std::string_view pair = digits.substr(i, 2);
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), value, 16);
    if (error != std::errc() || end != pair.data() + 2) {
      return fail(Errc::bad_format, fmt::format("`{}` is no byte in hexadecimal", pair), {},
                  "write two digits for each byte: hex:00ff12");
    }
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

}  // namespace btfreloc::tool
