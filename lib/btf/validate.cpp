#include "btf/validate.h"

#include <algorithm>
#include <numeric>

#include "btf/validate/checker.h"

namespace btfreloc::btf {
namespace {

/// Bytes that BPF_BTF_LOAD takes. Source: BTF_MAX_SIZE, kernel/bpf/btf.c.
constexpr std::size_t kMaxProgramBtf = std::size_t{16} << 20;

/// Bits of an info word that say something: all of them since vlen has 24.
std::uint32_t info_mask(const Checker& checker) {
  return checker.has(Feature::long_vlen) ? 0xffffffff : 0x9f00ffff;
}

}  // namespace

bool Validation::valid() const { return count() == 0; }
std::uint64_t Validation::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Validation validate(Bytes blob, const ValidateOptions& options) {
  Validation found;
  Checker checker(options, found);
  if (checker.is_program() && blob.size() > kMaxProgramBtf) {
    checker.report(Rule::blob_size, kMaxProgramBtf, "{} bytes", blob.size());
  }
  const auto header = check_header(checker, blob);
  if (!header || checker.stopped()) return found;

  RawTypes types(blob, header->order, options.base);
  types.info_mask = info_mask(checker);
  if (const auto strings = check_strings(checker, blob, *header)) {
    types.strings = *strings;
  } else {
    types.has_strings = false;
  }
  walk_types(checker, blob, *header, types);
  if (checker.stopped()) return found;
  BrokenTypes broken = check_types(checker, types);
  if (checker.stopped()) return found;
  if (checker.is_program()) check_references(checker, types, broken);
  if (checker.stopped()) return found;
  check_tag_order(checker, types, broken);
  if (checker.is_program() && !checker.stopped()) check_special_fields(checker, types, broken);
  return found;
}

}  // namespace btfreloc::btf
