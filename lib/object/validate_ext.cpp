#include "object/validate_ext.h"

#include <libelf.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "btf/validate/checker.h"

// Source: btf_ext_parse_sec_info() in libbpf, src/btf.c; check_btf_func() and check_btf_line(),
// kernel/bpf/verifier.c.

namespace btfreloc::object {
namespace {

using btf::Rule;

constexpr std::uint32_t kMinHeaderSize = 24;
constexpr std::uint32_t kHeaderSizeWithCoreRelo = 32;
/// Source: MAX_FUNCINFO_REC_SIZE, kernel/bpf/verifier.c.
constexpr std::uint32_t kMaxRecordSize = 252;
constexpr std::uint32_t kSlot = 8;  // bytes of an instruction

/// The code of one ELF section.
struct Code {
  Bytes bytes;
  std::map<std::uint64_t, std::uint64_t> functions;  ///< First byte and end of each.

  bool starts_at(std::uint64_t byte) const { return functions.contains(byte); }
  /// A linker leaves records of functions that it has replaced, which loaders pass over.
  bool is_inside(std::uint64_t byte) const {
    const auto after = functions.upper_bound(byte);
    return after != functions.begin() && byte < std::prev(after)->second;
  }
};

class ExtChecker {
 public:
  ExtChecker(Bytes ext, const btf::View& btf, const elf::File& file,
             const btf::ValidateOptions& options, btf::Validation& found)
      : checker_(options, found), ext_(ext), btf_(btf) {
    for (const elf::Section& section : file.sections()) {
      if (!section.is_code()) continue;
      code_.emplace(section.name, Code{section.bytes, {}});
      names_.emplace(section.index, section.name);
    }
    for (const elf::Symbol& symbol : file.symbols()) {
      const auto section = names_.find(symbol.section);
      if (symbol.type != STT_FUNC || section == names_.end()) continue;
      const auto code = code_.find(section->second);
      if (code == code_.end()) continue;
      std::uint64_t& end = code->second.functions[symbol.value];
      end = std::max(end, symbol.value + symbol.size.value);
    }
  }

  void check() {
    const auto header_size = check_header();
    if (!header_size) return;
    check_part({"func_info", 8, 8}, *header_size, &ExtChecker::check_functions);
    check_part({"line_info", 16, 16}, *header_size, &ExtChecker::check_lines);
    if (*header_size < kHeaderSizeWithCoreRelo) return;
    check_part({"core_relo", 24, 16}, *header_size, &ExtChecker::check_relocations);
  }

 private:
  struct Part {
    std::string_view what;
    std::size_t header_field;
    std::uint32_t record_size;  ///< Of what is known of it, in bytes.
  };
  /// Records of one ELF section.
  struct Records {
    std::uint64_t at;  ///< In bytes from the start of .BTF.ext.
    std::uint32_t count;
    std::uint32_t size;  ///< Of each.
    std::string_view section;
    const Code* code;  ///< Null: no section with code has that name.
  };
  using Check = void (ExtChecker::*)(const Records&);

  std::uint32_t word(std::uint64_t at) const {
    return load<std::uint32_t>(ext_.data() + at, btf_.order());
  }

  std::optional<std::uint32_t> check_header() {
    if (ext_.size() < kMinHeaderSize) {
      checker_.report(Rule::ext_header, 0, "{} bytes", ext_.size());
      return std::nullopt;
    }
    if (load<std::uint16_t>(ext_.data(), btf_.order()) != btf::kMagic ||
        ext_[2] != std::byte{btf::kVersion}) {
      checker_.report(Rule::ext_header, 0, "no magic number 0xeb9f, or no version 1");
      return std::nullopt;
    }
    const std::uint32_t size = word(4);
    if (size < kMinHeaderSize || size > ext_.size()) {
      checker_.report(Rule::ext_header, 4, "a header of {} bytes in a section of {}", size,
                      ext_.size());
      return std::nullopt;
    }
    return size;
  }

  void check_part(const Part& part, std::uint32_t header_size, Check check) {
    const std::uint32_t offset = word(part.header_field);
    const std::uint32_t size = word(part.header_field + 4);
    if (size == 0) return;
    const std::uint64_t start = std::uint64_t{header_size} + offset;
    const std::uint64_t end = start + size;
    if (offset % 4 != 0 || end > ext_.size() || size < 4) {
      checker_.report(Rule::ext_part, part.header_field, "{} has {} bytes at {}, of {}", part.what,
                      size, offset, ext_.size() - header_size);
      return;
    }
    const std::uint32_t record = word(start);
    if (record < part.record_size || record > kMaxRecordSize || record % 4 != 0) {
      checker_.report(Rule::ext_record_size, start, "{} records of {} bytes", part.what, record);
      return;
    }
    if (start + 4 == end) checker_.report(Rule::ext_empty, start, "{} has no records", part.what);
    for (std::uint64_t at = start + 4; at < end && !checker_.stopped();) {
      const auto next = check_records(part, at, end, record, check);
      if (!next) return;
      at = *next;
    }
  }

  /// The records of one section; gives where those of the next are.
  std::optional<std::uint64_t> check_records(const Part& part, std::uint64_t at, std::uint64_t end,
                                             std::uint32_t record, Check check) {
    const std::uint64_t left = end - at;
    const std::uint64_t size = left < 8 ? 8 : 8 + std::uint64_t{word(at + 4)} * record;
    if (size > left) {
      checker_.report(Rule::ext_part, at, "{} needs {} bytes, {} remain", part.what, size, left);
      return std::nullopt;
    }
    if (size == 8)
      checker_.report(Rule::ext_empty, at, "{} of a section has no records", part.what);
    const StrOff name{word(at)};
    if (!btf_.has_string(name)) {
      checker_.report(Rule::ext_string, at, "the section's name is at string offset {}",
                      name.value);
      return at + size;
    }
    const std::string_view section = btf_.string(name);
    const auto code = code_.find(section);
    if (code == code_.end()) {
      checker_.report(Rule::ext_section, at, "{} of section `{}`, which has no code", part.what,
                      section);
    }
    (this->*check)({.at = at + 8,
                    .count = word(at + 4),
                    .size = record,
                    .section = section,
                    .code = code == code_.end() ? nullptr : &code->second});
    return at + size;
  }

  /// The instruction that a record names is there.
  bool check_insn(std::uint64_t at, const Code* code) {
    const std::uint32_t offset = word(at);
    if (code == nullptr) return false;
    if (offset % kSlot == 0 && offset < code->bytes.size()) return true;
    checker_.report(Rule::ext_insn, at, "byte {} of {} is no instruction", offset,
                    code->bytes.size());
    return false;
  }

  void check_functions(const Records& records) {
    std::set<std::uint64_t> seen;
    std::optional<std::uint32_t> last;
    for (std::uint32_t i = 0; i < records.count && !checker_.stopped(); ++i) {
      const std::uint64_t at = records.at + std::uint64_t{i} * records.size;
      const std::uint32_t offset = word(at);
      const TypeId type{word(at + 4)};
      if (!btf_.contains(type) || btf_.kind(type) != btf::Kind::kFunc) {
        checker_.report(Rule::ext_func_type, at + 4, "type id {} is no FUNC", type.value);
      }
      if (!check_insn(at, records.code)) continue;
      if (last && offset <= *last) {
        checker_.report(Rule::ext_func_order, at, "byte {} behind byte {}", offset, *last);
      }
      last = offset;
      seen.insert(offset);
      if (!records.code->starts_at(offset) && records.code->is_inside(offset)) {
        checker_.report(Rule::ext_func_start, at, "no function starts at byte {} of `{}`", offset,
                        records.section);
      }
    }
    if (records.code == nullptr) return;
    for (const auto& [start, end] : records.code->functions) {
      if (seen.contains(start)) continue;
      checker_.report(Rule::ext_func_start, records.at,
                      "the function at byte {} of `{}` has no record", start, records.section);
    }
  }

  void check_lines(const Records& records) {
    std::set<std::uint64_t> seen;
    std::optional<std::uint32_t> last;
    for (std::uint32_t i = 0; i < records.count && !checker_.stopped(); ++i) {
      const std::uint64_t at = records.at + std::uint64_t{i} * records.size;
      const std::uint32_t offset = word(at);
      for (const std::uint64_t name : {at + 4, at + 8}) {
        if (btf_.has_string(StrOff{word(name)})) continue;
        checker_.report(Rule::ext_string, name, "a name at string offset {}", word(name));
      }
      if (!check_insn(at, records.code)) continue;
      if (records.code->bytes[offset] == std::byte{0}) {
        checker_.report(Rule::ext_insn, at, "byte {} is inside an instruction of 16 bytes", offset);
      }
      if (last && offset <= *last) {
        checker_.report(Rule::ext_line_order, at, "byte {} behind byte {}", offset, *last);
      }
      last = offset;
      seen.insert(offset);
    }
    if (records.code == nullptr) return;
    for (const auto& [start, end] : records.code->functions) {
      if (seen.contains(start)) continue;
      checker_.report(Rule::ext_line_start, records.at,
                      "the function at byte {} of `{}` has no record", start, records.section);
    }
  }

  void check_relocations(const Records& records) {
    for (std::uint32_t i = 0; i < records.count && !checker_.stopped(); ++i) {
      const std::uint64_t at = records.at + std::uint64_t{i} * records.size;
      if (!btf_.contains(TypeId{word(at + 4)})) {
        checker_.report(Rule::ext_core_type, at + 4, "type id {}, the last is {}", word(at + 4),
                        btf_.size() - 1);
      }
      if (!btf_.has_string(StrOff{word(at + 8)})) {
        checker_.report(Rule::ext_string, at + 8, "an access string at string offset {}",
                        word(at + 8));
      }
      check_insn(at, records.code);
    }
  }

  btf::Checker checker_;
  Bytes ext_;
  const btf::View& btf_;
  std::unordered_map<std::string_view, Code> code_;            ///< By the name of the section.
  std::unordered_map<std::uint32_t, std::string_view> names_;  ///< Of those sections, by index.
};

}  // namespace

void validate_ext(Bytes ext, const btf::View& btf, const elf::File& file,
                  const btf::ValidateOptions& options, btf::Validation& found) {
  ExtChecker(ext, btf, file, options, found).check();
}

}  // namespace btfreloc::object
