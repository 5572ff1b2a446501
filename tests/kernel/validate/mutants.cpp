#include "kernel/validate/mutants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/mapped_file.h"
#include "btf/builder.h"
#include "btf/view.h"
#include "elf/file.h"
#include "object/loader_btf.h"
#include "support/errors.h"

namespace btfreloc::test {
namespace {

constexpr auto kOrder = std::endian::little;

std::uint32_t word_at(const ByteVector& blob, std::size_t at) {
  return load<std::uint32_t>(blob.data() + at, kOrder);
}

/// One type of a kernel and all that it needs; pointers beyond the first few types go to void.
ByteVector slice(const btf::View& kernel, TypeId root) {
  constexpr std::size_t kEnough = 60;
  std::vector<TypeId> order = {root};
  std::map<TypeId, std::uint32_t> ids = {{TypeId{0}, 0}, {root, 1}};
  for (std::size_t i = 0; i < order.size() && order.size() < 4000; ++i) {
    const bool is_pointer = kernel.kind(order[i]) == btf::Kind::kPtr;
    if (is_pointer && order.size() > kEnough) continue;
    kernel.for_each_type_id(order[i], [&](TypeId to) {
      if (ids.emplace(to, static_cast<std::uint32_t>(order.size() + 1)).second) order.push_back(to);
    });
  }
  btf::Builder builder(kOrder);
  for (const TypeId id : order) {
    builder.copy(
        kernel, id,
        [&](TypeId to) {
          const auto found = ids.find(to);
          return TypeId{found == ids.end() ? 0 : found->second};
        },
        [&](StrOff name) { return builder.string(kernel.string(name)); });
  }
  return must(builder.blob());
}

void add_slices(std::vector<Parent>& parents, const std::string& name, const btf::View& kernel) {
  constexpr std::uint32_t kSlices = 60;
  for (std::uint32_t i = 0; i < kSlices; ++i) {
    const TypeId root{1 +
                      static_cast<std::uint32_t>(std::uint64_t{kernel.size() - 1} * i / kSlices)};
    parents.push_back(parent_of(fmt::format("{}[{}]", name, root.value), slice(kernel, root)));
  }
}

}  // namespace

Parent parent_of(std::string name, ByteVector blob) {
  Parent parent{std::move(name), std::move(blob), {}};
  const auto view = must(btf::View::open(parent.blob));
  for (std::uint32_t id = 1; id < view.size(); ++id) {
    parent.types.push_back(static_cast<std::uint32_t>(view.type_offset(TypeId{id})));
  }
  return parent;
}

std::vector<Parent> parents_from(const std::vector<std::string>& files) {
  std::vector<Parent> parents;
  for (const std::string& path : files) {
    const auto file = MappedFile::open(path);
    if (!file) continue;
    const std::string name = path.substr(path.rfind('/') + 1);
    if (!elf::is_elf(file->bytes())) {
      const auto kernel = btf::View::open(file->bytes());
      if (kernel && kernel->order() == kOrder) add_slices(parents, name, *kernel);
      continue;
    }
    const auto elf = elf::File::open(file->bytes());
    const elf::Section* const section = elf ? elf->section(".BTF") : nullptr;
    if (section == nullptr || elf->order() != kOrder) continue;
    const auto view = btf::View::open(section->bytes);
    if (!view) continue;
    parents.push_back(parent_of(name, object::loader_btf(*elf, *view).bytes));
  }
  return parents;
}

std::uint32_t Mutator::odd_value(const Parent& parent, std::uint32_t old) {
  static constexpr std::uint32_t kValues[] = {
      0,   1,   2,   3,      4,       7,       8,   16,       31,       32,         33,        64,
      128, 255, 256, 0xffff, 0x10000, 0xfffff, ~0U, 1U << 31, 1U << 30, 0x7fffffff, 0x80000001};
  switch (below(6)) {
    case 0: return kValues[below(std::size(kValues))];
    case 1: return old + 1;
    case 2: return old - 1;
    case 3: return old ^ 1U << below(32);
    case 4: return below(parent.types.size() + 3);
    default: return old + below(16);
  }
}

std::string Mutator::change_word(const Parent& parent, ByteVector& blob) {
  const std::size_t start = parent.types.front();
  const std::size_t end = word_at(parent.blob, 4) + word_at(parent.blob, 16);
  const std::size_t at = start + below((end - start) / 4) * std::size_t{4};
  if (at + 4 > blob.size()) return "nothing";
  const std::uint32_t old = word_at(blob, at);
  const std::uint32_t value = odd_value(parent, old);
  put(blob, at, value, kOrder);
  return fmt::format("word {:#x} from {:#x} to {:#x}", at, old, value);
}

std::string Mutator::change_info(const Parent& parent, ByteVector& blob) {
  const std::size_t at = parent.types[below(parent.types.size())] + 4;
  if (at + 4 > blob.size()) return "nothing";
  const std::uint32_t old = word_at(blob, at);
  std::uint32_t value = old;
  switch (below(4)) {
    case 0: value ^= 1U << 31; break;
    case 1: value = (old & 0xe0ffffff) | below(21) << 24; break;
    case 2: value = (old & 0xffff0000) | below(4); break;
    default: value = old + below(3) - 1; break;
  }
  put(blob, at, value, kOrder);
  return fmt::format("info {:#x} from {:#x} to {:#x}", at, old, value);
}

std::string Mutator::change_name(ByteVector& blob) {
  static constexpr char kCharacters[] = {'\0', '.',    '?',    '1', ' ',
                                         '_',  '\x7f', '\xc3', '<', '\xff'};
  if (blob.size() < 24) return "nothing";
  const std::size_t start = std::size_t{word_at(blob, 4)} + word_at(blob, 16);
  if (start >= blob.size()) return "nothing";
  const std::size_t at = start + below(blob.size() - start);
  const char value = kCharacters[below(std::size(kCharacters))];
  blob[at] = static_cast<std::byte>(value);
  return fmt::format("character {:#x} to {:#x}", at, static_cast<unsigned char>(value));
}

std::string Mutator::change_header(ByteVector& blob) {
  if (blob.size() < 24) return "nothing";
  if (below(3) == 0) {
    const std::size_t size = below(blob.size());
    blob.resize(size);
    return fmt::format("cut to {} bytes", size);
  }
  const std::size_t at = below(6) * std::size_t{4};
  const std::uint32_t old = word_at(blob, at);
  const std::uint32_t value = below(2) == 0 ? old + below(9) - 4 : old ^ 1U << below(32);
  put(blob, at, value, kOrder);
  return fmt::format("header word {} from {:#x} to {:#x}", at, old, value);
}

/// Exchanges the ids that two types refer to, or two words behind their headers.
std::string Mutator::swap_types(const Parent& parent, ByteVector& blob) {
  const std::size_t byte = 8 + below(3) * std::size_t{4};
  const std::size_t a = parent.types[below(parent.types.size())] + byte;
  const std::size_t b = parent.types[below(parent.types.size())] + byte;
  if (std::max(a, b) + 4 > blob.size()) return "nothing";
  const std::uint32_t word_a = word_at(blob, a);
  put(blob, a, word_at(blob, b), kOrder);
  put(blob, b, word_a, kOrder);
  return fmt::format("words {:#x} and {:#x} exchanged", a, b);
}

std::string Mutator::change(const Parent& parent, ByteVector& blob) {
  switch (below(16)) {
    case 0: return change_header(blob);
    case 1:
    case 2: return change_name(blob);
    case 3:
    case 4: return swap_types(parent, blob);
    case 5:
    case 6:
    case 7: return change_info(parent, blob);
    default: return change_word(parent, blob);
  }
}

Mutant Mutator::mutate(const Parent& parent) {
  Mutant mutant{parent.name, parent.blob};
  const std::uint32_t changes = below(4) == 0 ? 2 : 1;
  for (std::uint32_t i = 0; i < changes; ++i) {
    mutant.description += ", " + change(parent, mutant.blob);
  }
  return mutant;
}

}  // namespace btfreloc::test
