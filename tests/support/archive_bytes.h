#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace btfreloc::test {

/// Writes archives byte by byte, hostile ones too. Source: tar(5), ar(5), cpio(5).
class TarBytes {
 public:
  /// `type` as in tar(5): '0' for a file, '1' and '2' for links, which go to `target`.
  TarBytes& add(std::string_view name, std::string_view content, char type = '0',
                std::string_view target = "") {
    header(name, content.size(), type, target);
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
    return *this;
  }
  /// The header of an entry alone, with a size that may be wrong.
  TarBytes& header(std::string_view name, std::uint64_t size, char type = '0',
                   std::string_view target = "") {
    std::string block(512, '\0');
    put(block, 0, name.substr(0, 100));
    put(block, 100, "0000644");
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    put(block, 124, fmt::format("{:011o}", size));
    put(block, 136, "00000000000");
    put(block, 148, "        ");
    block[156] = type;
    put(block, 157, target.substr(0, 100));
    put(block, 257,
        std::string_view("ustar\0"
                         "00",
                         8));
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(block, 148, std::string_view(fmt::format("{:06o}\0 ", sum).data(), 6));
    block[154] = '\0';
    bytes_ += block;
    return *this;
  }
  std::string bytes() const { return bytes_ + std::string(1024, '\0'); }

 private:
  static void put(std::string& block, std::size_t at, std::string_view text) {
    block.replace(at, text.size(), text);
  }

  std::string bytes_;
};

/// An ar archive with these files, as a .deb is.
inline std::string ar_bytes(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes = "!<arch>\n";
  for (const auto& [name, content] : files) {
    bytes += fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, "100644",
                         content.size());
    bytes += content;
    if (content.size() % 2 != 0) bytes += '\n';
  }
  return bytes;
}

inline std::string deb_bytes(const std::string& data_name, const std::string& data) {
  return ar_bytes({{"debian-binary", "2.0\n"}, {"control.tar.xz", "none"}, {data_name, data}});
}

/// A cpio archive ("newc") with these files, as an rpm has.
inline std::string cpio_bytes(std::vector<std::pair<std::string, std::string>> files) {
  files.emplace_back("TRAILER!!!", "");
  std::string bytes;
  int inode = 1;
  for (const auto& [name, content] : files) {
    bytes += fmt::format(
        "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}"
        "{:08x}{:08x}",
        inode++, 0100644, 0, 0, 1, 0, content.size(), 0, 0, 0, 0, name.size() + 1, 0);
    bytes += name;
    bytes += '\0';
    bytes.append((4 - bytes.size() % 4) % 4, '\0');
    bytes += content;
    bytes.append((4 - bytes.size() % 4) % 4, '\0');
  }
  return bytes;
}

/// A package with that payload: a lead of 96 bytes, and two headers without any tags.
inline std::string rpm_bytes(const std::string& payload) {
  using namespace std::string_view_literals;
  std::string bytes = "\xed\xab\xee\xdb\x03";
  bytes.resize(96);
  for (int header = 0; header < 2; ++header) bytes += "\x8e\xad\xe8\x01\0\0\0\0\0\0\0\0\0\0\0\0"sv;
  return bytes + payload;
}

}  // namespace btfreloc::test
