#include "object/object.h"

#include <fmt/format.h>
#include <libelf.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace btfreloc::object {
namespace {

constexpr std::string_view kTextSection = ".text";
constexpr std::uint64_t kSlot = insn::kSlotSize.value;
/// Names that one function may have beside its first. Compilers write one or two.
constexpr std::size_t kMaxAliases = 64;

/// Symbols that can be functions, by the section they lie in and then by place. Compilers before
/// LLVM 10 left the type of symbols out, so a section without a FUNC symbol is read by its global
/// symbols.
class FunctionSymbols {
 public:
  explicit FunctionSymbols(const elf::File& file) {
    for (const elf::Symbol& symbol : file.symbols()) {
      if (symbol.name.empty()) continue;
      if (symbol.type == STT_FUNC) typed_[symbol.section].push_back(&symbol);
      if (symbol.type == STT_NOTYPE && symbol.binding != STB_LOCAL) {
        untyped_[symbol.section].push_back(&symbol);
      }
    }
  }

  std::vector<const elf::Symbol*> in(const elf::Section& section) const {
    for (const auto* symbols : {&typed_, &untyped_}) {
      const auto found = symbols->find(section.index);
      if (found == symbols->end()) continue;
      std::vector<const elf::Symbol*> functions = found->second;
      std::ranges::stable_sort(functions, {}, &elf::Symbol::value);
      return functions;
    }
    return {};
  }

 private:
  using BySection = std::unordered_map<std::uint32_t, std::vector<const elf::Symbol*>>;
  BySection typed_;
  BySection untyped_;
};

/// A blob that begins where the one before it ended, when sections were concatenated.
std::optional<std::uint64_t> next_blob(Bytes section, std::uint64_t end) {
  for (const std::uint64_t at : {end, (end + 3) / 4 * 4}) {
    if (at + 24 > section.size()) continue;
    const auto magic = load<std::uint16_t>(section.data() + at, std::endian::little);
    if (magic == btf::kMagic || magic == std::byteswap(btf::kMagic)) return at;
  }
  return std::nullopt;
}

/// Moves the place of an error from a blob to the section that holds it.
template <class T>
Result<T> at_section_offset(Result<T> result, std::uint64_t offset) {
  if (!result) {
    std::optional<std::uint64_t>& place = result.error().where.offset;
    place = place.value_or(0) + offset;
  }
  return result;
}

std::uint64_t insn_offset(const btf::LineInfo& line) { return line.insn_offset.value; }

std::string_view trim_left(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

}  // namespace

bool Object::is_bpf(const elf::File& file) {
  return file.machine() == EM_BPF || (file.machine() == EM_NONE && file.type() == ET_REL);
}

Result<Object> Object::open(Bytes bytes) {
  Object object;
  TRY(object.file_, elf::File::open(bytes));
  if (!is_bpf(object.file_)) {
    return fail(Errc::unsupported, "an ELF file, but not a BPF object", {},
                "BPF objects are compiled with -target bpf");
  }
  if (const elf::Section* license = object.file_.section("license")) {
    const std::string_view text = as_chars(license->bytes);
    object.license_ = text.substr(0, text.find('\0'));
  }
  TRY_OK(object.find_programs());
  TRY_OK(object.read_btf());
  object.join_lines();
  object.maps_ = find_maps(object.file_, object.btf());
  object.externs_ = find_externs(object.file_, object.btf());
  object.join_relocations();
  return object;
}

Status Object::find_programs() {
  const FunctionSymbols symbols(file_);
  for (const elf::Section& section : file_.sections()) {
    if (!section.is_code()) continue;
    if (section.bytes.size() % kSlot != 0) {
      return fail(
          Errc::bad_format,
          fmt::format("{} bytes are no whole number of 8-byte instructions", section.bytes.size()),
          {.section = std::string(section.name), .offset = section.bytes.size()});
    }
    code_by_name_.emplace(section.name, code_.size());
    code_.push_back({.section = &section,
                     .first_program = programs_.size(),
                     .end_program = programs_.size(),
                     .relocations = {},
                     .lines = {}});
    TRY(code_.back().relocations, file_.relocations_of(section));
    TRY_OK(add_programs_of(section, symbols.in(section)));
    code_.back().end_program = programs_.size();
  }
  // Code in .text is only linked in, unless there is nothing else to load.
  if (programs_.size() == 1) programs_[0].is_subprogram = false;
  return {};
}

Status Object::add_programs_of(const elf::Section& section,
                               const std::vector<const elf::Symbol*>& functions) {
  const SectionType type = section_type(section.name);
  const std::uint64_t end = section.bytes.size();
  std::uint64_t reached = 0;  // the end of the functions before, in bytes
  std::size_t aliases = 0;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const elf::Symbol& symbol = *functions[i];
    // A symbol without a size, from old compilers and hand-written assembly, reaches to the next.
    const std::uint64_t next = i + 1 < functions.size() ? functions[i + 1]->value : end;
    const std::uint64_t size =
        symbol.size.value != 0 ? symbol.size.value : std::max(next, symbol.value) - symbol.value;
    if (symbol.value % kSlot != 0 || size % kSlot != 0 || symbol.value > end ||
        size > end - symbol.value) {
      return fail(Errc::bad_format,
                  fmt::format("function `{}` takes {} bytes from byte {} of a section of {}",
                              symbol.name, size, symbol.value, end),
                  {.section = std::string(section.name), .offset = symbol.value});
    }
    const bool is_alias = i > 0 && programs_.back().section_offset.value == symbol.value &&
                          programs_.back().code.size() == size;
    aliases = is_alias ? aliases + 1 : 0;
    if ((symbol.value < reached && !is_alias) || aliases > kMaxAliases) {
      return fail(
          Errc::bad_format,
          fmt::format("functions `{}` and `{}` overlap", programs_.back().name, symbol.name),
          {.section = std::string(section.name), .offset = symbol.value});
    }
    reached = std::max(reached, symbol.value + size);
    programs_.push_back({.name = symbol.name,
                         .section = section.name,
                         .section_index = section.index,
                         .section_offset = {symbol.value},
                         .code = section.bytes.subspan(symbol.value, size),
                         .code_section = code_.size() - 1,
                         .type = type,
                         .is_subprogram = section.name == kTextSection,
                         .is_static = symbol.binding == STB_LOCAL,
                         .is_weak = symbol.binding == STB_WEAK});
  }
  return {};
}

Status Object::read_btf() {
  const elf::Section* section = file_.section(".BTF");
  const elf::Section* ext_section = file_.section(".BTF.ext");
  if (section == nullptr) {
    if (ext_section == nullptr) return {};
    return fail(Errc::bad_format, "there is no .BTF, whose types and strings it needs",
                {.section = ".BTF.ext", .offset = 0}, "compile with -g");
  }
  std::optional<std::uint64_t> at = 0;
  std::optional<std::uint64_t> ext_at;
  if (ext_section != nullptr && !ext_section->bytes.empty()) ext_at = 0;
  while (at) {
    const Bytes blob = section->bytes.subspan(*at);
    TRY(btf::View view, at_section_offset(btf::View::open(blob), *at));
    const std::uint64_t end = *at + view.header().end();
    parts_.push_back({.offset = *at,
                      .ext_offset = ext_at.value_or(0),
                      .btf = std::move(view),
                      .ext = std::nullopt});
    BtfPart& part = parts_.back();
    if (ext_at) {
      const Bytes ext = ext_section->bytes.subspan(*ext_at);
      TRY(part.ext, at_section_offset(btf::Ext::open(ext, part.btf), *ext_at));
      ext_at = next_blob(ext_section->bytes, *ext_at + part.ext->end);
    }
    at = next_blob(section->bytes, end);
  }
  return {};
}

Object::CodeSection* Object::code_section(std::string_view name) {
  const auto found = code_by_name_.find(name);
  return found == code_by_name_.end() ? nullptr : &code_[found->second];
}

const Object::CodeSection& Object::code_section_of(const Program& program) const {
  return code_[program.code_section];
}

const Program* Object::program_at(const CodeSection& section, std::uint64_t offset) const {
  const auto first = programs_.begin() + static_cast<std::ptrdiff_t>(section.first_program);
  const auto last = programs_.begin() + static_cast<std::ptrdiff_t>(section.end_program);
  const auto start = [](const Program& program) { return program.section_offset.value; };
  const auto after = std::ranges::upper_bound(first, last, offset, {}, start);
  if (after == first) return nullptr;
  const Program& program = *std::prev(after);
  return offset - start(program) < program.code.size() ? &program : nullptr;
}

void Object::join_lines() {
  if (ext() == nullptr) return;
  for (const auto& section : ext()->line_info) {
    CodeSection* code = code_section(section.name);
    if (code == nullptr) continue;
    code->lines.insert(code->lines.end(), section.records.begin(), section.records.end());
  }
  for (CodeSection& code : code_) std::ranges::stable_sort(code.lines, {}, insn_offset);
}

// Records name a section and a byte in it; programs are ranges of those.
void Object::join_relocations() {
  if (ext() == nullptr) return;
  for (const auto& section : ext()->core_relo) {
    const CodeSection* code = code_section(section.name);
    for (const btf::CoreRelo& record : section.records) {
      const std::uint64_t offset = record.insn_offset.value;
      const Program* program =
          code != nullptr && offset % kSlot == 0 ? program_at(*code, offset) : nullptr;
      const std::uint64_t start = program != nullptr ? program->section_offset.value : 0;
      relocations_.push_back(
          {.record = record,
           .section = section.name,
           .program = program,
           .index = 0,
           .insn = InsnIndex{static_cast<std::uint32_t>((offset - start) / kSlot)}});
    }
  }
  std::ranges::stable_sort(relocations_, [](const Relocation& a, const Relocation& b) {
    const auto key = [](const Relocation& r) {
      return std::tuple(r.program == nullptr, r.program, r.insn);
    };
    return key(a) < key(b);
  });
  for (std::size_t i = 1; i < relocations_.size(); ++i) {
    const bool same = relocations_[i].program == relocations_[i - 1].program;
    relocations_[i].index = same ? relocations_[i - 1].index + 1 : 0;
  }
}

const btf::Ext* Object::ext() const {
  if (parts_.size() != 1) return nullptr;
  const std::optional<btf::Ext>& ext = parts_[0].ext;
  return ext ? &*ext : nullptr;
}

std::span<const Relocation> Object::relocations_of(const Program& program) const {
  const auto [first, last] = std::ranges::equal_range(
      relocations_, &program,
      [](const Program* a, const Program* b) {
        return std::tuple(a == nullptr, a) < std::tuple(b == nullptr, b);
      },
      &Relocation::program);
  return {first, last};
}

std::span<const btf::LineInfo> Object::lines_of(const Program& program) const {
  const std::vector<btf::LineInfo>& lines = code_section_of(program).lines;
  const std::uint64_t start = program.section_offset.value;
  const auto first = std::ranges::lower_bound(lines, start, {}, insn_offset);
  const auto last =
      std::ranges::lower_bound(first, lines.end(), start + program.code.size(), {}, insn_offset);
  return {first, last};
}

SourceLine Object::source_line(const btf::LineInfo& line) const {
  return {.file = btf()->string(line.file),
          .text = trim_left(btf()->string(line.text)),
          .line = line.line,
          .column = line.column};
}

std::optional<SourceLine> Object::source(const Program& program, InsnIndex insn) const {
  const auto lines = lines_of(program);
  const std::uint64_t at = program.section_offset.value + insn.value * kSlot;
  const auto after = std::ranges::upper_bound(lines, at, {}, insn_offset);
  if (after == lines.begin()) return std::nullopt;
  return source_line(*std::prev(after));
}

std::vector<SymbolUse> Object::symbol_uses(const Program& program) const {
  const std::vector<elf::Relocation>& all = code_section_of(program).relocations;
  const std::uint64_t start = program.section_offset.value;
  const auto first = std::ranges::lower_bound(all, start, {}, &elf::Relocation::offset);
  std::vector<SymbolUse> uses;
  for (auto it = first; it != all.end() && it->offset < start + program.code.size(); ++it) {
    const elf::Symbol& symbol = file_.symbols()[it->symbol];
    std::string_view name = symbol.name;
    if (name.empty() && symbol.section < file_.sections().size()) {
      name = file_.sections()[symbol.section].name;
    }
    uses.push_back({.insn = InsnIndex{static_cast<std::uint32_t>((it->offset - start) / kSlot)},
                    .name = name});
  }
  return uses;
}

}  // namespace btfreloc::object
