#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/error.h"
#include "support/print.h"

namespace btfreloc::test {

/// The value of a Result; throws, which fails the test, when there is none.
template <class T>
T must(Result<T>&& result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

/// A Result that failed with `code`, at `offset` of its section (nullopt: no offset), with a
/// message that contains `text`.
MATCHER_P3(FailsWith, code, offset, text,
           std::string(negation ? "does not fail" : "fails") + " with `" + std::string(name(code)) +
               "` and \"" + text + "\" at offset " +
               testing::PrintToString(std::optional<std::uint64_t>(offset))) {
  if (arg.has_value()) {
    *result_listener << "which succeeded";
    return false;
  }
  const Error& error = arg.error();
  *result_listener << "which is " << testing::PrintToString(error);
  return error.code == code && error.where.offset == std::optional<std::uint64_t>(offset) &&
         error.message.find(text) != std::string::npos;
}

}  // namespace btfreloc::test
