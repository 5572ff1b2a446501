#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/units.h"
#include "btf/ext.h"
#include "btf/view.h"
#include "elf/file.h"
#include "insn/insn.h"
#include "object/externs.h"
#include "object/maps.h"
#include "object/program_type.h"

namespace btfreloc::object {

/// A function of the object: a program the loader loads, or a subprogram it links in.
struct Program {
  std::string_view name;
  std::string_view section;
  std::uint32_t section_index;  ///< Of the ELF section.
  ByteCount section_offset;     ///< Of the first instruction.
  Bytes code;                   ///< A whole number of 8-byte slots.
  std::size_t code_section;     ///< For Object: which of its sections with code.
  SectionType type;
  bool is_subprogram;  ///< Loaded as part of the programs that call it.
  bool is_static;      ///< Not visible outside the object.
  bool is_weak;

  /// In slots: LDIMM64 counts twice.
  std::uint32_t insn_count() const {
    return static_cast<std::uint32_t>(code.size() / insn::kSlotSize.value);
  }
};

/// One CO-RE relocation and the instruction it is for.
struct Relocation {
  btf::CoreRelo record;
  std::string_view section;
  const Program* program;  ///< Null when no program has that instruction; loaders skip it then.
  std::uint32_t index;     ///< Ordinal in its program, by instruction, then record order.
  InsnIndex insn;          ///< Without a program: slots from the start of the section.
};

/// A symbol that an instruction uses: a map, an extern, a variable, a function to call.
struct SymbolUse {
  InsnIndex insn;
  std::string_view name;  ///< Of the symbol; of its section when that is all there is.
};

/// A place in the source.
struct SourceLine {
  std::string_view file;
  std::string_view text;  ///< The line itself, without leading blanks; may be "".
  std::uint32_t line;
  std::uint32_t column;
};

/// One .BTF blob of the object and its .BTF.ext. An object has one; one that a linker made by
/// concatenating sections has several, and then nothing in them can be trusted to match the code.
struct BtfPart {
  std::uint64_t offset;      ///< Bytes from the start of .BTF.
  std::uint64_t ext_offset;  ///< Bytes from the start of .BTF.ext.
  btf::View btf;
  std::optional<btf::Ext> ext;
};

/// A BPF object file as one thing. Does not own the bytes.
class Object {
 public:
  /// Reads and joins everything. Fails on anything that contradicts its format; a relocation
  /// that means nothing is no such thing, see core::parse_spec.
  static Result<Object> open(Bytes bytes);

  /// True when the bytes are a BPF object rather than another ELF file.
  static bool is_bpf(const elf::File& file);

  const elf::File& file() const { return file_; }
  std::endian order() const { return file_.order(); }
  std::string_view license() const { return license_; }
  const std::vector<Program>& programs() const { return programs_; }
  const std::vector<Map>& maps() const { return maps_; }
  const std::vector<Extern>& externs() const { return externs_; }
  /// By program, then instruction; those in no program last. Empty for concatenated BTF.
  const std::vector<Relocation>& relocations() const { return relocations_; }
  /// Those of one program.
  std::span<const Relocation> relocations_of(const Program& program) const;

  /// Its BTF; null when it has none, or several.
  const btf::View* btf() const { return parts_.size() == 1 ? &parts_[0].btf : nullptr; }
  const btf::Ext* ext() const;
  const std::vector<BtfPart>& parts() const { return parts_; }

  insn::Insn insn(const Program& program, InsnIndex index) const {
    return insn::decode(program.code.data() + index.value * insn::kSlotSize.value, order());
  }
  /// The source line the instruction was compiled from; nullopt without line information.
  std::optional<SourceLine> source(const Program& program, InsnIndex insn) const;
  /// Line records of the program, by instruction.
  std::span<const btf::LineInfo> lines_of(const Program& program) const;
  SourceLine source_line(const btf::LineInfo& line) const;

  /// The symbols that instructions of the program use, by instruction.
  std::vector<SymbolUse> symbol_uses(const Program& program) const;

 private:
  /// What belongs to one section with instructions.
  struct CodeSection {
    const elf::Section* section;
    std::size_t first_program;  ///< Index into programs_.
    std::size_t end_program;
    std::vector<elf::Relocation> relocations;  ///< By offset.
    std::vector<btf::LineInfo> lines;          ///< By instruction.
  };

  Status find_programs();
  Status add_programs_of(const elf::Section& section,
                         const std::vector<const elf::Symbol*>& functions);
  Status read_btf();
  void join_lines();
  void join_relocations();
  CodeSection* code_section(std::string_view name);
  const CodeSection& code_section_of(const Program& program) const;
  /// The program that has the byte of the section; null when none has.
  const Program* program_at(const CodeSection& section, std::uint64_t offset) const;

  elf::File file_;
  std::string_view license_;
  std::vector<Program> programs_;  ///< By section, then place in it.
  std::vector<CodeSection> code_;  ///< In file order.
  std::unordered_map<std::string_view, std::size_t> code_by_name_;  ///< The first of each name.
  std::vector<Map> maps_;
  std::vector<Extern> externs_;
  std::vector<Relocation> relocations_;
  std::vector<BtfPart> parts_;
};

}  // namespace btfreloc::object
