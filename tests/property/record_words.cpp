#include "property/record_words.h"

#include <elf.h>

#include <bit>
#include <optional>
#include <string_view>

#include "btf/kinds.h"

namespace btfreloc::test {
namespace {

struct Section {
  std::string_view name;
  std::uint32_t type;
  std::uint32_t offset;
  std::uint32_t size;
};

class Walk {
 public:
  Walk(Bytes file, bool every_word) : file_(file), every_word_(every_word) {}

  RecordWords words() {
    if (as_chars(file_).starts_with(ELFMAG)) {
      elf();
    } else {
      order_ = load<std::uint16_t>(file_.data(), std::endian::little) == btf::kMagic
                   ? std::endian::little
                   : std::endian::big;
      btf(0);
    }
    return std::move(words_);
  }

  std::vector<Section> sections() {
    order_ = file_[EI_DATA] == std::byte{ELFDATA2MSB} ? std::endian::big : std::endian::little;
    const auto table =
        static_cast<std::uint32_t>(number<std::uint64_t>(offsetof(Elf64_Ehdr, e_shoff)));
    const auto count = number<std::uint16_t>(offsetof(Elf64_Ehdr, e_shnum));
    const auto names = number<std::uint16_t>(offsetof(Elf64_Ehdr, e_shstrndx));
    const auto field = [&](std::uint32_t index, std::size_t at) {
      return static_cast<std::uint32_t>(
          number<std::uint64_t>(table + index * sizeof(Elf64_Shdr) + at));
    };
    std::vector<Section> sections;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto header = static_cast<std::uint32_t>(table + i * sizeof(Elf64_Shdr));
      const std::uint32_t name =
          field(names, offsetof(Elf64_Shdr, sh_offset)) + number<std::uint32_t>(header);
      sections.push_back({.name = reinterpret_cast<const char*>(file_.data() + name),
                          .type = number<std::uint32_t>(header + offsetof(Elf64_Shdr, sh_type)),
                          .offset = field(i, offsetof(Elf64_Shdr, sh_offset)),
                          .size = field(i, offsetof(Elf64_Shdr, sh_size))});
      if (every_word_) {
        all(words_.headers, header, sizeof(Elf64_Shdr));
      } else {
        for (const std::size_t at :
             {offsetof(Elf64_Shdr, sh_name), offsetof(Elf64_Shdr, sh_type),
              offsetof(Elf64_Shdr, sh_link), offsetof(Elf64_Shdr, sh_info)}) {
          words_.records.push_back(static_cast<std::uint32_t>(header + at));
        }
        for (const std::size_t at : {offsetof(Elf64_Shdr, sh_offset), offsetof(Elf64_Shdr, sh_size),
                                     offsetof(Elf64_Shdr, sh_entsize)}) {
          words_.records.push_back(static_cast<std::uint32_t>(header + at + low_half()));
        }
      }
    }
    return sections;
  }

 private:
  void elf() {
    all(words_.headers, 0, sizeof(Elf64_Ehdr));
    for (const Section& section : sections()) {
      switch (section.type) {
        case SHT_SYMTAB: records(section.offset, section.size, sizeof(Elf64_Sym)); break;
        case SHT_REL: records(section.offset, section.size, sizeof(Elf64_Rel)); break;
        default: break;
      }
      if (section.name == ".BTF") btf(section.offset);
      if (section.name == ".BTF.ext") ext(section.offset);
    }
  }

  void btf(std::uint32_t start) {
    const std::uint32_t header_size = word(start + 4);
    all(words_.headers, start, header_size);
    const std::uint32_t types = start + header_size + word(start + 8);
    const std::uint32_t end = types + word(start + 12);
    for (std::uint32_t at = types; at < end;) {
      const btf::Info info = btf::Info::unpack(word(at + 4));
      const btf::KindTraits& traits = btf::kKindTraits[info.kind];
      const std::uint32_t size =
          btf::kTypeHeaderSize + traits.fixed + info.vlen * btf::size_of(traits.record);
      if (every_word_) {
        all(words_.records, at, size);
      } else {
        words_.records.push_back(at + 4);
        in_turn(at, size);
      }
      at += size;
    }
  }

  void ext(std::uint32_t start) {
    const std::uint32_t header_size = word(start + 4);
    all(words_.headers, start, header_size);
    for (std::uint32_t part = 8; part < header_size; part += 8) {
      const std::uint32_t size = word(start + part + 4);
      if (size == 0) continue;
      std::uint32_t at = start + header_size + word(start + part);
      const std::uint32_t end = at + size;
      const std::uint32_t record_size = word(at);
      words_.headers.push_back(at);
      at += 4;
      while (at < end) {
        const std::uint32_t count = word(at + 4);
        all(words_.records, at, 8);
        records(at + 8, count * record_size, record_size);
        at += 8 + count * record_size;
      }
    }
  }

  void records(std::uint32_t start, std::uint32_t size, std::uint32_t record_size) {
    for (std::uint32_t at = start; at < start + size; at += record_size) {
      if (every_word_) {
        all(words_.records, at, record_size);
      } else {
        in_turn(at, record_size);
      }
    }
  }

  void in_turn(std::uint32_t at, std::uint32_t size) {
    words_.records.push_back(at + turn_++ % (size / 4) * 4);
  }

  static void all(std::vector<std::uint32_t>& to, std::uint32_t start, std::uint32_t size) {
    for (std::uint32_t at = start; at + 4 <= start + size; at += 4) to.push_back(at);
  }

  template <class U>
  U number(std::size_t at) const {
    return load<U>(file_.data() + at, order_);
  }
  std::uint32_t word(std::size_t at) const { return number<std::uint32_t>(at); }
  /// Of a 64-bit number: where its 32 low bits are, in bytes.
  std::size_t low_half() const { return order_ == std::endian::little ? 0 : 4; }

  Bytes file_;
  bool every_word_;
  std::endian order_ = std::endian::little;
  std::uint32_t turn_ = 0;
  RecordWords words_;
};

}  // namespace

RecordWords record_words(Bytes file, bool every_word) { return Walk(file, every_word).words(); }

Bytes btf_section(Bytes object) {
  for (const Section& section : Walk(object, false).sections()) {
    if (section.name == ".BTF") return object.subspan(section.offset, section.size);
  }
  return {};
}

}  // namespace btfreloc::test
