#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Errors are values. An Error is malformed input or a failed system call; "this kernel lacks
// the field" is an answer and travels as data. A function that can fail returns Result<T>:
//
//   TRY(const Header header, read_header(reader));    // bind, or return the error from here
//   TRY_OK(check_strings(header));                    // no value to bind
//   if (auto view = View::open(bytes)) use(*view);    // handle it here
//
// Use *r and r->, never r.value(): that one throws.

namespace btfreloc {

/// What went wrong, for programs. Text for people is in Error::message.
enum class Errc : std::uint8_t {
  io,            ///< The operating system refused; Error::os_errno is set.
  truncated,     ///< A record reaches past the end of its section.
  bad_format,    ///< The bytes contradict the format.
  unsupported,   ///< Well formed, but a version or kind we do not implement.
  bad_type_id,   ///< A type id with no type behind it.
  out_of_range,  ///< A value does not fit the field it must go in.
  not_found,     ///< What was asked for by name is not there.
};

/// The stable spelling of a code, as printed in `error[code]`.
std::string_view name(Errc code);

/// Where in the input it went wrong. Absent parts are not printed.
struct Location {
  std::string file = {};
  std::string section = {};
  std::optional<std::uint64_t> offset = {};  ///< In bytes from the start of `section`.
};

struct Error {
  Errc code;
  std::string message;  ///< One clause, lower case, no full stop.
  Location where = {};
  std::string hint = {};  ///< What to do about it; empty when we do not know.
  int os_errno = 0;
};

/// A T, or the reason there is none. Deriving (rather than aliasing) is what makes
/// the compiler warn when a caller drops one on the floor.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};
using Status = Result<void>;

/// An error on its way out of a function that returns Result.
inline std::unexpected<Error> fail(Errc code, std::string message, Location where = {},
                                   std::string hint = {}) {
  return std::unexpected<Error>(Error{.code = code,
                                      .message = std::move(message),
                                      .where = std::move(where),
                                      .hint = std::move(hint)});
}

/// An error from errno, captured by the caller before anything else could change it.
std::unexpected<Error> fail_errno(int os_errno, std::string message, Location where = {},
                                  std::string hint = {});

}  // namespace btfreloc

#define BTFRELOC_CONCAT_(a, b) a##b
#define BTFRELOC_CONCAT(a, b) BTFRELOC_CONCAT_(a, b)

/// Binds the value of a Result to `lhs`, or returns its error from here.
#define TRY(lhs, ...) TRY_IMPL_(BTFRELOC_CONCAT(try_, __COUNTER__), lhs, (__VA_ARGS__))
#define TRY_IMPL_(tmp, lhs, expr)                           \
  auto tmp = expr;                                          \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  lhs = *std::move(tmp)

/// Returns the error of a Status from here, if it holds one.
#define TRY_OK(...) TRY_OK_IMPL_(BTFRELOC_CONCAT(try_, __COUNTER__), (__VA_ARGS__))
#define TRY_OK_IMPL_(tmp, expr) \
  if (auto tmp = expr; !tmp) return std::unexpected(std::move(tmp).error())
