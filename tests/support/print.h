#pragma once

#include <ostream>

#include "base/error.h"
#include "base/units.h"

// How GoogleTest prints the library's small types; without these it prints their bytes. They lie
// in the namespaces of the types, where it looks for them.

namespace btfreloc {

template <class Tag, class Rep>
void PrintTo(Strong<Tag, Rep> number, std::ostream* out) {
  *out << number.value;
}
inline void PrintTo(Bits bits, std::ostream* out) { *out << bits.value << " bits"; }
inline void PrintTo(ByteCount bytes, std::ostream* out) { *out << bytes.value << " bytes"; }
inline void PrintTo(Errc code, std::ostream* out) { *out << name(code); }
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << "error[" << name(error.code) << "] \"" << error.message << "\" in `"
       << error.where.section << '`';
  if (error.where.offset) *out << " at offset " << *error.where.offset;
}

}  // namespace btfreloc
