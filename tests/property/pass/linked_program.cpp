#include "linked_program.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace btfreloc::test {
namespace {

template <class T>
T at(const std::string& file, std::size_t offset) {
  if (offset + sizeof(T) > file.size()) throw std::runtime_error("truncated object");
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

Elf64_Shdr section_header(const std::string& file, std::size_t index) {
  return at<Elf64_Shdr>(file, at<Elf64_Ehdr>(file, 0).e_shoff + index * sizeof(Elf64_Shdr));
}

std::size_t section_count(const std::string& file) { return at<Elf64_Ehdr>(file, 0).e_shnum; }

}  // namespace

LinkedObject::LinkedObject(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  read_sections(file);
  for (std::size_t i = 0; i < section_count(file); ++i) {
    if (section_header(file, i).sh_type == SHT_SYMTAB) read_symbols(file, i);
  }
  for (std::size_t i = 0; i < section_count(file); ++i) {
    const Elf64_Shdr header = section_header(file, i);
    if (header.sh_type == SHT_REL && code_.contains(header.sh_info)) read_references(file, i);
  }
}

void LinkedObject::read_sections(const std::string& file) {
  constexpr std::size_t kAlignment = 64;
  for (std::size_t i = 0; i < section_count(file); ++i) {
    const Elf64_Shdr header = section_header(file, i);
    if ((header.sh_flags & SHF_ALLOC) == 0 || header.sh_size == 0) continue;
    const bool empty = header.sh_type == SHT_NOBITS;
    if (!empty && header.sh_offset + header.sh_size > file.size()) {
      throw std::runtime_error("truncated section");
    }
    if ((header.sh_flags & SHF_EXECINSTR) != 0) {
      std::vector<bpf_insn>& insns = code_[i];
      insns.resize(header.sh_size / sizeof(bpf_insn));
      std::memcpy(insns.data(), file.data() + header.sh_offset, insns.size() * sizeof(bpf_insn));
      continue;
    }
    image_offsets_[i] = image_.size();
    image_.resize(image_.size() + (header.sh_size + kAlignment - 1) / kAlignment * kAlignment);
    if (!empty) {
      std::memcpy(image_.data() + image_offsets_[i], file.data() + header.sh_offset,
                  header.sh_size);
    }
  }
}

void LinkedObject::read_symbols(const std::string& file, std::size_t table) {
  const Elf64_Shdr header = section_header(file, table);
  const Elf64_Shdr names = section_header(file, header.sh_link);
  for (std::size_t i = 0; i < header.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = at<Elf64_Sym>(file, header.sh_offset + i * sizeof(Elf64_Sym));
    const Place place{symbol.st_shndx, symbol.st_value};
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    symbol_table_.push_back({place, type == STT_SECTION});
    if (type == STT_FUNC) functions_[place] = {place, symbol.st_size};
    if (type == STT_FUNC || type == STT_OBJECT) {
      symbols_[file.c_str() + names.sh_offset + symbol.st_name] = place;
    }
  }
}

void LinkedObject::read_references(const std::string& file, std::size_t table) {
  const Elf64_Shdr header = section_header(file, table);
  for (std::size_t i = 0; i < header.sh_size / sizeof(Elf64_Rel); ++i) {
    const auto reference = at<Elf64_Rel>(file, header.sh_offset + i * sizeof(Elf64_Rel));
    references_[{header.sh_info, reference.r_offset}] =
        symbol_table_.at(ELF64_R_SYM(reference.r_info));
  }
}

std::size_t LinkedObject::variable(std::string_view name) const {
  const auto symbol = symbols_.find(name);
  if (symbol == symbols_.end()) throw std::runtime_error("no variable " + std::string(name));
  return image_offsets_.at(symbol->second.section) + symbol->second.offset;
}

LinkedObject::Place LinkedObject::callee(Place call, const bpf_insn& insn) const {
  const std::int64_t after = static_cast<std::int64_t>(insn.imm) + 1;
  const auto reference = references_.find(call);
  if (reference == references_.end()) {
    return {call.section, call.offset + static_cast<std::size_t>(after) * sizeof(bpf_insn)};
  }
  Place target = reference->second.target;
  if (reference->second.is_section) {
    target.offset += static_cast<std::size_t>(after) * sizeof(bpf_insn);
  }
  return target;
}

void LinkedObject::set_address(Place at, bpf_insn* insn) const {
  const auto reference = references_.find(at);
  if (reference == references_.end()) return;
  const Place target = reference->second.target;
  insn[1].imm +=
      static_cast<std::int32_t>(image_offsets_.at(target.section) + target.offset) + insn[0].imm;
  insn[0].imm = 0;
  insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
}

std::vector<bpf_insn> LinkedObject::link(const std::string& program) const {
  std::vector<bpf_insn> linked;
  std::vector<Place> order{symbols_.at(program)};
  std::map<Place, std::size_t> starts;
  std::map<std::size_t, Place> calls;
  for (std::size_t next = 0; next < order.size(); ++next) {
    const Function& function = functions_.at(order[next]);
    starts[order[next]] = linked.size();
    const std::vector<bpf_insn>& section = code_.at(function.place.section);
    const std::size_t first = function.place.offset / sizeof(bpf_insn);
    const std::size_t base = linked.size();
    const std::size_t count = function.size / sizeof(bpf_insn);
    linked.insert(linked.end(), &section.at(first), &section.at(first) + count);
    for (std::size_t i = 0; i < count; ++i) {
      bpf_insn& insn = linked[base + i];
      const Place here{function.place.section, (first + i) * sizeof(bpf_insn)};
      if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) {
        set_address(here, &insn);
        ++i;
      } else if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL) {
        const Place target = callee(here, insn);
        calls[base + i] = target;
        if (!starts.contains(target)) {
          starts[target] = 0;
          order.push_back(target);
        }
      }
    }
  }
  for (const auto& [index, target] : calls) {
    linked[index].imm =
        static_cast<std::int32_t>(starts.at(target)) - static_cast<std::int32_t>(index) - 1;
  }
  return linked;
}

}  // namespace btfreloc::test
