#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "btf/validate.h"
#include "btf/view.h"
#include "support/btf_bytes.h"
#include "support/every_kind.h"

// BTF from anywhere, as a kernel, a module and a program would bring it, for old and new kernels.

namespace btfreloc {
namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

const test::OpenBtf& base() {
  static const test::OpenBtf open = [] {
    test::BtfBytes btf;
    test::every_kind(btf);
    return test::open(btf);
  }();
  return open;
}

void validate_and_look(Bytes bytes, const btf::ValidateOptions& options) {
  const btf::Validation found = btf::validate(bytes, options);
  for (const btf::Violation& violation : found.violations) {
    expect(!violation.message.empty() && violation.offset <= bytes.size());
  }
  expect(found.valid() == found.violations.empty());
  btf::ValidateOptions fast = options;
  fast.fail_fast = true;
  expect(btf::validate(bytes, fast).count() == std::min<std::uint64_t>(found.count(), 1));
}

}  // namespace
}  // namespace btfreloc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfreloc;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  for (const btf::KernelVersion version : {btf::KernelVersion{4, 18}, btf::KernelVersion{5, 10},
                                           btf::KernelVersion{6, 18}, btf::KernelVersion{7, 1}}) {
    validate_and_look(bytes, {.kernel = version, .pointer_size = ByteCount{8}});
    validate_and_look(bytes, {.kernel = version, .as = btf::As::kernel});
    validate_and_look(bytes, {.kernel = version, .as = btf::As::module, .base = &base().view});
  }
  validate_and_look(bytes, {});
  return 0;
}
