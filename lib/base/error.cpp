#include "base/error.h"

#include <cstring>

namespace btfreloc {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::io: return "io";
    case Errc::truncated: return "truncated";
    case Errc::bad_format: return "bad-format";
    case Errc::unsupported: return "unsupported";
    case Errc::bad_type_id: return "bad-type-id";
    case Errc::out_of_range: return "out-of-range";
    case Errc::not_found: return "not-found";
  }
  std::unreachable();
}

std::unexpected<Error> fail_errno(int os_errno, std::string message, Location where,
                                  std::string hint) {
  message.append(": ").append(std::strerror(os_errno));
  Error error{.code = Errc::io,
              .message = std::move(message),
              .where = std::move(where),
              .hint = std::move(hint)};
  error.os_errno = os_errno;
  return std::unexpected(std::move(error));
}

}  // namespace btfreloc
