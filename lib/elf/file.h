#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/units.h"

namespace btfreloc::elf {

/// One section. Names and bytes lie in the file's bytes.
struct Section {
  std::string_view name;
  std::uint32_t index;
  std::uint32_t type;   ///< SHT_*
  std::uint64_t flags;  ///< SHF_*
  std::uint64_t file_offset;
  ByteCount size;  ///< As the header says; `bytes` is empty for SHT_NOBITS.
  std::uint32_t link;
  std::uint32_t info;
  Bytes bytes;

  bool is_code() const;  ///< Has instructions in the file.
};

struct Symbol {
  std::string_view name;
  std::uint64_t value;  ///< In bytes from the start of its section, in a relocatable file.
  ByteCount size;
  std::uint32_t section;  ///< Index, or SHN_UNDEF, SHN_ABS, ...
  std::uint8_t type;      ///< STT_*
  std::uint8_t binding;   ///< STB_*
  std::uint8_t visibility;
};

/// One REL or RELA entry.
struct Relocation {
  std::uint64_t offset;  ///< In bytes from the start of the section it applies to.
  std::uint32_t type;    ///< R_BPF_*
  std::uint32_t symbol;  ///< Index into File::symbols().
};

/// True when the bytes start like an ELF file of any class and byte order.
bool is_elf(Bytes bytes);

/// The sections and symbols of an ELF file of either class and byte order, read through libelf
/// once and checked against the file's size. Does not own the bytes.
class File {
 public:
  /// Fails with the offset of the first header that does not fit the file.
  static Result<File> open(Bytes bytes);

  std::endian order() const { return order_; }
  std::uint16_t machine() const { return machine_; }  ///< EM_*
  std::uint16_t type() const { return type_; }        ///< ET_*
  const std::vector<Section>& sections() const { return sections_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }

  /// The first section of that name, or null.
  const Section* section(std::string_view name) const;

  /// The entries of every relocation section that applies to `target`, by offset.
  Result<std::vector<Relocation>> relocations_of(const Section& target) const;

 private:
  Bytes bytes_;
  std::endian order_ = std::endian::native;
  bool is_64_bit_ = true;
  std::uint16_t machine_ = 0;
  std::uint16_t type_ = 0;
  std::vector<Section> sections_;
  std::vector<Symbol> symbols_;
  /// Relocation sections by the section they apply to, as indices.
  std::unordered_multimap<std::uint32_t, std::uint32_t> relocation_sections_;
};

}  // namespace btfreloc::elf
