#include "kernels/order/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "kernels/order/string_order.h"

namespace btfreloc::kernels {
namespace {

void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Appends the string section to `file`. Returns where each string lies, base's included.
Result<std::vector<std::uint32_t>> append_strings(const FileParts& parts,
                                                  std::vector<std::byte>& file) {
  std::vector<std::uint32_t> offsets(parts.base_strings.begin(), parts.base_strings.end());
  const std::size_t start = file.size();
  std::string_view others = parts.stored.other_texts;
  for (const std::uint32_t string : parts.string_order) {
    std::string_view text;
    if (string == kOtherString) {
      const std::size_t end = others.find('\0');
      if (end == std::string_view::npos) return fail_order("the text of a string is missing");
      text = others.substr(0, end);
      others.remove_prefix(end + 1);
    } else {
      text = parts.strings.text(string);
      offsets[string] = parts.strings_start + static_cast<std::uint32_t>(file.size() - start);
    }
    append(file, as_bytes(text));
    file.push_back(std::byte{0});
    if (file.size() > kMaxFileSize) return fail_order("the strings are too long");
  }
  return offsets;
}

/// Appends the records of all types to `file`.
Status append_types(const FileParts& parts, std::span<const std::uint32_t> string_offsets,
                    std::vector<std::byte>& file) {
  const btf::View& view = parts.canonical;
  const std::uint32_t first = view.first_id().value;
  const std::endian order = parts.stored.big_endian ? std::endian::big : std::endian::little;
  std::vector<std::uint32_t> ids(parts.types.size());
  for (std::uint32_t i = 0; i < parts.types.size(); ++i) ids[parts.types[i]] = parts.first_id + i;

  const auto base_type = [&](std::uint32_t to) {
    if (to == 0) return to;
    return to < parts.base_types.size() ? parts.base_types[to] : UINT32_MAX;
  };
  bool has_all = true;
  for (const std::uint32_t type : parts.types) {
    const TypeId id{first + type};
    const Bytes record = view.record(id);
    const std::size_t start = file.size();
    append(file, record);
    std::byte* const at = file.data() + start;
    if (view.order() != order) {
      for (std::size_t byte = 0; byte + 4 <= record.size(); byte += 4)
        std::reverse(at + byte, at + byte + 4);
    }
    const btf::Info info = view.info(id);
    btf::for_each_reference(
        record.data(), btf::traits_or_unknown(info.kind), info.vlen, view.order(),
        [&](std::size_t byte, std::uint32_t to) {
          const std::uint32_t now = to < first ? base_type(to) : ids[to - first];
          has_all = has_all && now != UINT32_MAX;
          store<std::uint32_t>(at + byte, now, order);
        },
        [&](std::size_t byte, std::uint32_t offset) {
          const std::uint32_t string = parts.strings.number(StrOff{offset});
          std::uint32_t now = string == UsedStrings::kNone ? 0 : string_offsets[string];
          if (now == UsedStrings::kNone) now = 0;  // A patch says where, then.
          store<std::uint32_t>(at + byte, now, order);
        });
  }
  if (!has_all) return fail_order("a type of the kernel that the module refers to is not there");
  return {};
}

}  // namespace

bool split_file(const btf::View& original, StoredOrder& stored) {
  const btf::Header& header = original.header();
  const std::uint64_t types_end = std::uint64_t{header.types_offset} + header.types_size;
  const std::uint64_t strings_end = std::uint64_t{header.strings_offset} + header.strings_size;
  if (types_end > header.strings_offset) return false;
  const Bytes file = original.blob();
  const auto copy = [&](std::uint64_t begin, std::uint64_t end) {
    return std::vector<std::byte>(file.begin() + static_cast<std::ptrdiff_t>(begin),
                                  file.begin() + static_cast<std::ptrdiff_t>(end));
  };
  stored.around = {copy(0, header.types_offset), copy(types_end, header.strings_offset),
                   copy(strings_end, file.size())};
  stored.big_endian = original.order() == std::endian::big;
  return true;
}

Result<std::vector<std::byte>> put_together(const FileParts& parts) {
  std::vector<std::byte> section;
  section.reserve(parts.canonical.header().strings_size + parts.stored.other_texts.size());
  TRY(const std::vector<std::uint32_t> offsets, append_strings(parts, section));
  std::vector<std::byte> file;
  const auto& around = parts.stored.around;
  file.reserve(around[0].size() + around[1].size() + around[2].size() + section.size() +
               parts.canonical.header().types_size);
  append(file, around[0]);
  TRY_OK(append_types(parts, offsets, file));
  append(file, around[1]);
  append(file, section);
  append(file, around[2]);
  return file;
}

Status apply_patches(std::span<const StoredOrder::Patch> patches, std::vector<std::byte>& file) {
  for (const StoredOrder::Patch& patch : patches) {
    if (patch.offset > file.size() || patch.bytes.size() > file.size() - patch.offset) {
      return fail_order("a change lies behind the end of the file");
    }
    std::ranges::copy(patch.bytes, file.begin() + static_cast<std::ptrdiff_t>(patch.offset));
  }
  return {};
}

std::optional<std::vector<StoredOrder::Patch>> find_patches(Bytes made, Bytes file) {
  if (made.size() != file.size()) return std::nullopt;
  std::vector<StoredOrder::Patch> patches;
  std::size_t changed = 0;
  for (std::size_t at = 0; at < file.size();) {
    constexpr std::size_t kBlock = 4096;
    const std::size_t block = std::min(kBlock, file.size() - at);
    if (std::memcmp(made.data() + at, file.data() + at, block) == 0) {
      at += block;
      continue;
    }
    while (made[at] == file[at]) ++at;
    std::size_t end = at + 1;
    while (end < file.size() && made[end] != file[end]) ++end;
    patches.push_back({.offset = at,
                       .bytes = {file.begin() + static_cast<std::ptrdiff_t>(at),
                                 file.begin() + static_cast<std::ptrdiff_t>(end)}});
    changed += end - at + 2;
    if (changed > file.size() / 16 + 64) return std::nullopt;
    at = end;
  }
  return patches;
}

}  // namespace btfreloc::kernels
