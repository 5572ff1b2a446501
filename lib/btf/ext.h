#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::btf {

// Offsets of instructions count bytes from the start of the ELF section, as they do in an
// object file. (Given to the kernel, they count instructions of the program.)

struct FuncInfo {
  ByteCount insn_offset;
  TypeId type;  ///< A FUNC. Not checked.
};

struct LineInfo {
  ByteCount insn_offset;
  StrOff file;
  StrOff text;  ///< The source line itself; 0 or "" when the compiler left it out.
  std::uint32_t line;
  std::uint32_t column;
};

/// One CO-RE relocation as it lies in the file. Nothing in it is checked: a relocation that
/// means nothing is that relocation's failure, not the object's.
struct CoreRelo {
  ByteCount insn_offset;
  TypeId type;                ///< The root type, in the object's own BTF.
  StrOff access;              ///< The access string.
  std::uint32_t kind;         ///< core::ReloKind, or a number that is none.
  std::uint64_t file_offset;  ///< Of this record, in bytes from the start of .BTF.ext.
};

/// The records of one ELF section.
template <class Record>
struct ExtSection {
  std::string_view name;  ///< Of the ELF section.
  std::vector<Record> records;
};

/// What .BTF.ext says: which function and source line each instruction belongs to, and which
/// CO-RE relocations there are. Sections and records are in file order.
struct Ext {
  std::vector<ExtSection<FuncInfo>> func_info;
  std::vector<ExtSection<LineInfo>> line_info;
  std::vector<ExtSection<CoreRelo>> core_relo;
  std::uint64_t end = 0;  ///< Bytes from the start of .BTF.ext to the end of its last part.

  /// Reads .BTF.ext, whose strings are in `btf`. Records may be longer than the fields known
  /// here; the rest of each is stepped over. Fails with the place of the first contradiction:
  /// libbpf then ignores all of .BTF.ext, relocations included.
  static Result<Ext> open(Bytes bytes, const View& btf, std::string_view section = ".BTF.ext");
};

}  // namespace btfreloc::btf
