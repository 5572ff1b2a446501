#pragma once

#include <elf.h>

#include <string>
#include <string_view>

#include "btf/builder.h"
#include "btf/types.h"
#include "support/elf_bytes.h"
#include "support/errors.h"

// Files that look like kernels and modules, with BTF as large as a kernel's must be.

namespace btfreloc::test {

inline std::string text_of(Bytes bytes) { return std::string(as_chars(bytes)); }

/// BTF of some 150 KB, different for every `seed`.
inline std::string kernel_btf(std::endian order = std::endian::little, int seed = 0) {
  btf::Builder builder(order);
  const TypeId number = builder.add(btf::Int{.name = builder.string("long"),
                                             .size = {8},
                                             .encoding = btf::kIntSigned,
                                             .offset = {},
                                             .bits = {64}});
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "kernel_struct_" + std::to_string(seed) + "_" + std::to_string(i);
    const btf::Member member{.name = builder.string("member_" + std::to_string(i)),
                             .type = number,
                             .offset = {},
                             .bitfield_size = {}};
    builder.add_struct(builder.string(name), {8}, std::span(&member, 1));
  }
  return text_of(must(builder.blob()));
}

/// Split BTF of a module of the kernel with that BTF.
inline std::string module_btf(const std::string& kernel, std::string_view name) {
  const btf::View base = must(btf::View::open(as_bytes(kernel)));
  btf::Builder builder(base.order(), &base);
  builder.add_struct(builder.string(std::string(name) + "_priv"), {8}, {});
  return text_of(must(builder.blob()));
}

inline ByteVector vector_of(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// An ELF file of 64 bits for `machine` with these sections.
inline std::string elf_file(std::uint16_t type, std::uint16_t machine,
                            std::vector<std::pair<std::string, std::string>> sections) {
  ElfBytes elf({.is_64_bit = true, .order = std::endian::little});
  for (const auto& [name, content] : sections) {
    elf.sections.push_back({name, SHT_PROGBITS, 0, vector_of(content)});
  }
  std::string file = text_of(elf.bytes());
  file[16] = static_cast<char>(type);
  file[18] = static_cast<char>(machine);
  file[19] = static_cast<char>(machine >> 8);
  return file;
}

inline constexpr std::string_view kBanner =
    "Linux version 6.1.0-56-amd64 (debian-kernel@lists) (gcc-12 (Debian 12.2.0-14) "
    "12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 "
    "(2026-11-16)\n";

/// A note with the build ID 0102030405060708.
inline std::string build_id_note() {
  using namespace std::string_view_literals;
  return std::string("\x04\0\0\0\x08\0\0\0\x03\0\0\0GNU\0\x01\x02\x03\x04\x05\x06\x07\x08"sv);
}

inline std::string vmlinux(const std::string& btf, std::string_view banner = kBanner) {
  std::vector<std::pair<std::string, std::string>> sections = {{".rodata", std::string(banner)},
                                                               {".notes", build_id_note()}};
  if (!btf.empty()) sections.emplace_back(".BTF", btf);
  return elf_file(ET_EXEC, EM_X86_64, sections);
}

inline std::string module_ko(const std::string& btf, const std::string& name,
                             const std::string& release) {
  std::string info = "license=GPL";
  info += '\0';
  info += "name=" + name;
  info += '\0';
  info += "vermagic=" + release + " SMP preempt mod_unload ";
  info += '\0';
  std::vector<std::pair<std::string, std::string>> sections = {{".modinfo", info}};
  if (!btf.empty()) sections.emplace_back(".BTF", btf);
  return elf_file(ET_REL, EM_X86_64, sections);
}

}  // namespace btfreloc::test
