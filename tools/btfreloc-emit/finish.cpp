#include "btfreloc-emit/finish.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "btf/ext.h"
#include "btf/view.h"
#include "elf/file.h"
#include "object/object.h"

namespace btfreloc::emit {
namespace {

/// Sections by name and offset in bytes, of the functions that are local to the object.
std::set<std::pair<std::string_view, std::uint64_t>> local_functions(const elf::File& file) {
  std::set<std::pair<std::string_view, std::uint64_t>> found;
  for (const elf::Symbol& symbol : file.symbols()) {
    if (symbol.type != STT_FUNC || symbol.binding != STB_LOCAL ||
        symbol.section >= file.sections().size()) {
      continue;
    }
    for (const elf::Section& section : file.sections()) {
      if (section.index == symbol.section) found.emplace(section.name, symbol.value);
    }
  }
  return found;
}

/// Offsets into .BTF of the FUNC records that are to be static. Linkage is the vlen of a FUNC, the
/// low 16 bits of its second word. Source: include/uapi/linux/btf.h, enum btf_func_linkage.
std::vector<std::uint64_t> global_records_of_local_functions(const object::Object& object) {
  const auto locals = local_functions(object.file());
  std::vector<std::uint64_t> records;
  for (const auto& section : object.ext()->func_info) {
    for (const btf::FuncInfo& function : section.records) {
      if (!locals.contains({section.name, function.insn_offset.value})) continue;
      if (!object.btf()->contains(function.type)) continue;
      records.push_back(object.btf()->type_offset(function.type));
    }
  }
  return records;
}

}  // namespace

Result<std::vector<std::string>> finish_object(std::string& bytes,
                                               const std::set<std::string>& declared) {
  TRY(const object::Object object, object::Object::open(as_bytes(bytes)));
  std::vector<std::string> undefined;
  for (const elf::Symbol& symbol : object.file().symbols()) {
    if (symbol.section != SHN_UNDEF || symbol.name.empty()) continue;
    if (!declared.contains(std::string(symbol.name))) undefined.emplace_back(symbol.name);
  }
  const elf::Section* const section = object.file().section(".BTF");
  if (section == nullptr || object.btf() == nullptr || object.ext() == nullptr) return undefined;
  for (const std::uint64_t offset : global_records_of_local_functions(object)) {
    auto* const info = reinterpret_cast<std::byte*>(bytes.data()) + section->file_offset + offset +
                       sizeof(std::uint32_t);
    const auto word = load<std::uint32_t>(info, object.order());
    store<std::uint32_t>(info, word & 0xffff0000U, object.order());
  }
  return undefined;
}

}  // namespace btfreloc::emit
