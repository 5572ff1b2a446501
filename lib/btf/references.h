#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "btf/kinds.h"

namespace btfreloc::btf {

/// Calls on_type(byte, id) and on_string(byte, offset) for every type id and string offset of one
/// type, in file order; `byte` is where the reference lies, in bytes from the type's header at
/// `type`. The caller has checked that the whole type is there.
///
/// This is the only place that knows where references are.
template <class OnType, class OnString>
void for_each_reference(const std::byte* type, const KindTraits& traits, std::uint32_t vlen,
                        std::endian order, OnType&& on_type, OnString&& on_string) {
  const auto word = [&](std::size_t byte) { return load<std::uint32_t>(type + byte, order); };
  on_string(std::size_t{0}, word(0));
  if (traits.third == ThirdWord::type) on_type(std::size_t{8}, word(8));
  if (traits.kind == Kind::kArray) {
    on_type(std::size_t{12}, word(12));
    on_type(std::size_t{16}, word(16));
  }
  const std::size_t stride = size_of(traits.record);
  const std::size_t first = kTypeHeaderSize + traits.fixed;
  const std::size_t end = first + stride * vlen;
  switch (traits.record) {
    case Record::none: break;
    case Record::member:
    case Record::param:
      for (std::size_t byte = first; byte != end; byte += stride) {
        on_string(byte, word(byte));
        on_type(byte + 4, word(byte + 4));
      }
      break;
    case Record::enumerator:
    case Record::enumerator64:
      for (std::size_t byte = first; byte != end; byte += stride) on_string(byte, word(byte));
      break;
    case Record::section_var:
      for (std::size_t byte = first; byte != end; byte += stride) on_type(byte, word(byte));
      break;
  }
}

}  // namespace btfreloc::btf
