#include "base/reader.h"

#include <fmt/format.h>

namespace btfreloc {

std::unexpected<Error> Reader::too_short(std::uint64_t size) const {
  return fail(Errc::truncated, fmt::format("{} more bytes needed, {} remain", size, remaining()),
              here(), "the file may be cut short");
}

}  // namespace btfreloc
