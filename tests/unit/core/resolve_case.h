#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/resolve.h"
#include "support/errors.h"
#include "support/make_types.h"

// What tests of decisions share: instructions, and an object and a kernel to decide about.

namespace btfreloc::core {

using namespace test;  // the words that types are made of

inline Site mov(std::int32_t imm) { return {.first = {.opcode = 0xb7, .dst = 1, .imm = imm}}; }
inline Site wide(std::uint64_t value) {
  return {.first = {.opcode = 0x18, .dst = 1, .imm = static_cast<std::int32_t>(value)},
          .second = insn::Insn{.imm = static_cast<std::int32_t>(value >> 32)}};
}
inline constexpr std::uint8_t kLoadB = 0x71;
inline constexpr std::uint8_t kLoadW = 0x61;
inline constexpr std::uint8_t kLoadDw = 0x79;
inline Site load(std::uint8_t opcode, std::int16_t off) {
  return {.first = {.opcode = opcode, .dst = 1, .src = 2, .off = off}};
}

/// An object, a kernel, and what is asked of the two.
class Case {
 public:
  explicit Case(std::endian order = std::endian::little) : local(order), kernel(order) {}

  BtfBytes local;
  BtfBytes kernel;
  std::vector<Request> requests;

  /// Returns the index of its decision.
  std::size_t ask(TypeId root, std::string_view access, ReloKind kind, Site site) {
    requests.push_back(
        {.root = root, .access = access, .kind = static_cast<std::uint32_t>(kind), .site = site});
    return requests.size() - 1;
  }
  const std::vector<Decision>& resolve(Rules rules = Rules::coherent,
                                       std::endian order = std::endian::little) {
    open_local_.emplace(open(local));
    open_kernel_.emplace(open(kernel));
    decisions = must(
        core::resolve(open_local_->view, order, requests, {.kernel = open_kernel_->view}, rules));
    return decisions;
  }
  const btf::View& kernel_view() const { return open_kernel_->view; }

  std::vector<Decision> decisions;

 private:
  std::optional<OpenBtf> open_local_;
  std::optional<OpenBtf> open_kernel_;
};

/// "patched 8", "poisoned missing-member", "fatal ambiguous".
inline std::string text(const Decision& decision) {
  std::string text(name(decision.outcome));
  if (decision.new_value) text += " " + std::to_string(*decision.new_value);
  if (decision.reason != Reason::none) text += " " + std::string(name(decision.reason));
  return text;
}
inline std::vector<std::string> texts(const std::vector<Decision>& decisions) {
  std::vector<std::string> all;
  for (const Decision& decision : decisions) all.push_back(text(decision));
  return all;
}

}  // namespace btfreloc::core
