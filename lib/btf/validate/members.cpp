#include <algorithm>

#include "btf/validate/checker.h"

// What is checked of names, and of the records behind a type, without looking at other types.

namespace btfreloc::btf {
namespace {

using Place = Checker::Place;

// The kernel's idea of characters is Latin-1. Source: lib/ctype.c.
constexpr bool is_letter(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}
constexpr bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
constexpr bool is_printable(unsigned char c) { return (c >= 0x20 && c <= 0x7e) || c >= 0xa0; }

struct Characters {
  bool any_printable;
  bool dot;
};

/// Linux kernel commit 9724160b3942 ("bpf/btf: Accept function names that contain dots") (in v6.4),
/// and in 6.3.10, 6.1.36, 5.15.119 and 5.10.186.
bool takes_dots(const Checker& checker) {
  if (checker.at_least({6, 3})) return true;
  const KernelVersion version = *checker.options().kernel;
  return version == KernelVersion{6, 1} || version == KernelVersion{5, 15} ||
         version == KernelVersion{5, 10};
}

bool allows(const Characters& allowed, unsigned char c, bool is_first) {
  if (allowed.any_printable) return is_printable(c);
  return is_letter(c) || c == '_' || (c == '.' && allowed.dot) || (!is_first && is_digit(c));
}

/// Position of the first character that is not allowed; npos: there is none.
std::size_t first_bad(std::string_view name, const Characters& allowed) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!allows(allowed, static_cast<unsigned char>(name[i]), i == 0)) return i;
  }
  return std::string_view::npos;
}

/// The byte of a record, counted from the start of its type.
template <class R>
std::size_t byte_of(std::uint32_t index, std::size_t byte = 0) {
  return kTypeHeaderSize + std::size_t{index} * R::kSize + byte;
}

/// Bytes of whole and half bytes.
constexpr std::uint64_t bytes_of(std::uint64_t bits) { return bits / 8 + (bits % 8 != 0); }

}  // namespace

void check_name(Checker& checker, const Place& place, std::uint32_t offset, NameOf what) {
  if (!place.types.has_strings) return;
  const std::string_view name = place.types.string(offset);
  const bool dots_anywhere = takes_dots(checker);
  const Characters allowed{
      .any_printable = what == NameOf::section && checker.has(Feature::datasec_names),
      .dot = what != NameOf::other || dots_anywhere};
  if (name.empty()) {
    checker.report(Rule::name_missing, place, "the name at string offset {} is empty", offset);
    return;
  }
  const std::size_t most = checker.has(Feature::long_names) ? kMaxNameSize : 128;
  const std::size_t bad = first_bad(name.substr(0, most), allowed);
  if (bad != std::string_view::npos) {
    Place at = place;
    const bool sections_later =
        what == NameOf::section && first_bad(name, {true, true}) == std::string_view::npos;
    if (sections_later) at.until = since(Feature::datasec_names);
    if (first_bad(name, {false, true}) == std::string_view::npos) at.until = KernelVersion{6, 3};
    checker.report(Rule::name_characters, at, "the name has {} as character {}",
                   is_printable(static_cast<unsigned char>(name[bad])) &&
                           static_cast<unsigned char>(name[bad]) < 0x80
                       ? fmt::format("`{}`", name[bad])
                       : fmt::format("byte {:#04x}", static_cast<unsigned char>(name[bad])),
                   bad + 1);
  } else if (name.size() > most) {
    Place at = place;
    if (name.size() <= kMaxNameSize) at.until = since(Feature::long_names);
    checker.report(Rule::name_length, at, "the name has more than {} bytes", most);
  }
}

bool check_members(Checker& checker, const RawTypes& types, TypeId id) {
  const Info info = types.info(id);
  const bool is_union = types.kind(id) == Kind::kUnion;
  const std::uint32_t size = types.third(id);
  std::uint64_t last = 0;  // offset of the member before, in bits
  bool ok = true;
  for (std::uint32_t i = 0; i < info.vlen && !checker.stopped(); ++i) {
    const auto member = types.record<Member>(id, i);
    const std::uint64_t offset = member.offset.value;
    const auto at = [&](std::size_t byte) { return Place{types, id, byte_of<Member>(i, byte)}; };
    if (!types.has_string(member.name.value)) {
      checker.report(Rule::name_offset, at(0), "member {} has its name at string offset {}, of {}",
                     i, member.name.value, types.strings.size());
    } else if (member.name.value != 0) {
      check_name(checker, at(0), member.name.value, NameOf::other);
    }
    if (member.type.value == 0) {
      checker.report(Rule::void_type, at(4), "member {} is void", i);
      ok = false;
    }
    if (is_union && offset != 0) {
      checker.report(Rule::union_offset, at(8), "member {} is at bit {}", i, offset);
    } else if (offset < last) {
      checker.report(Rule::member_order, at(8), "member {} is at bit {}, the one before at {}", i,
                     offset, last);
    }
    if (bytes_of(offset) > size) {
      checker.report(Rule::member_offset, at(8), "member {} starts at bit {} of {} bytes", i,
                     offset, size);
      ok = false;
    }
    last = offset;
  }
  return ok;
}

bool check_enumerators(Checker& checker, const RawTypes& types, TypeId id) {
  const Info info = types.info(id);
  const bool is_64 = types.kind(id) == Kind::kEnum64;
  for (std::uint32_t i = 0; i < info.vlen && !checker.stopped(); ++i) {
    const std::size_t byte = is_64 ? byte_of<Enumerator64>(i) : byte_of<Enumerator32>(i);
    const Place at{types, id, byte};
    const std::uint32_t name = types.word(id, byte);
    if (!types.has_string(name)) {
      checker.report(Rule::name_offset, at, "enumerator {} has its name at string offset {}, of {}",
                     i, name, types.strings.size());
    } else if (name == 0) {
      checker.report(Rule::name_missing, at, "enumerator {} has no name", i);
    } else {
      check_name(checker, at, name, NameOf::other);
    }
  }
  return true;
}

bool check_section_vars(Checker& checker, const RawTypes& types, TypeId id) {
  const Info info = types.info(id);
  const std::uint64_t size = types.third(id);
  bool ok = true;
  if (size == 0) {
    checker.report(Rule::datasec_size, Place{types, id, 8}, "its size is 0");
  }
  if (info.vlen == 0 && !checker.has(Feature::empty_datasec)) {
    checker.report(Rule::datasec_empty, Place{types, id, 4, since(Feature::empty_datasec)},
                   "it has no variables");
  }
  std::uint32_t last_end = 0;  // of the variable before, in bytes, with the kernel's 32 bits
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < info.vlen && !checker.stopped(); ++i) {
    const auto var = types.record<SectionVar>(id, i);
    const auto at = [&](std::size_t b) { return Place{types, id, byte_of<SectionVar>(i, b)}; };
    if (var.type.value == 0) {
      checker.report(Rule::void_type, at(0), "variable {} is void", i);
      ok = false;
    }
    const auto end = static_cast<std::uint32_t>(var.offset.value + var.size.value);
    if (var.offset.value < last_end || (size != 0 && var.offset.value >= size)) {
      checker.report(Rule::datasec_offset, at(4),
                     "variable {} is at byte {}; the one before ends at {}, the section at {}", i,
                     var.offset.value, last_end, size);
    } else if (var.size.value == 0 ||
               (size != 0 && std::max<std::uint64_t>(var.size.value, end) > size)) {
      checker.report(Rule::datasec_var_size, at(8),
                     "variable {} has {} bytes from byte {} of a section of {}", i, var.size.value,
                     var.offset.value, size);
    }
    last_end = end;
    sum += var.size.value;
    if (size != 0 && sum > size && sum - var.size.value <= size && end <= size) {
      checker.report(Rule::datasec_size, Place{types, id, 8},
                     "its variables have more than its {} bytes", size);
    }
  }
  return ok;
}

}  // namespace btfreloc::btf
