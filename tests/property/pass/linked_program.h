#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace btfreloc::test {

/// A BPF object whose data sections lie one behind the other in one image, and whose programs are
/// linked against it. Throws std::runtime_error for what the compiler does not write.
class LinkedObject {
 public:
  explicit LinkedObject(const std::string& path);

  /// The data sections, as they are before a program runs.
  const std::vector<std::byte>& image() const { return image_; }

  /// Offset of a global variable in the image, in bytes.
  std::size_t variable(std::string_view name) const;

  /// The program and the functions that it calls. A 64-bit immediate that is an address has
  /// src_reg BPF_PSEUDO_MAP_VALUE and in the second half's imm the offset in the image, as the
  /// kernel wants it; the first half's imm, the map, is 0.
  std::vector<bpf_insn> link(const std::string& program) const;

 private:
  struct Place {
    std::size_t section, offset;
    auto operator<=>(const Place&) const = default;
  };
  struct Function {
    Place place;
    std::size_t size;
  };
  struct Reference {
    Place target;
    bool is_section;  ///< The instruction says where in the section.
  };

  void read_sections(const std::string& file);
  void read_symbols(const std::string& file, std::size_t table);
  void read_references(const std::string& file, std::size_t table);
  Place callee(Place call, const bpf_insn& insn) const;
  void set_address(Place at, bpf_insn* insn) const;

  std::vector<std::byte> image_;
  std::map<std::size_t, std::size_t> image_offsets_;   ///< Of each data section.
  std::map<std::size_t, std::vector<bpf_insn>> code_;  ///< Of each section of instructions.
  std::map<std::string, Place, std::less<>> symbols_;
  std::vector<Reference> symbol_table_;
  std::map<Place, Function> functions_;
  std::map<Place, Reference> references_;
};

}  // namespace btfreloc::test
