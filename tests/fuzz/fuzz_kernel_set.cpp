#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernels/set.h"
#include "support/exploded_set.h"

// A kernel set from anywhere. What does not begin like a set is taken for the parts of one, see
// exploded_set.h: of these, checksums are right, so that what lies behind them is reached.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfreloc;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const std::string complaint = test::complaint_about(
      kernels::Set::is_set(bytes) ? test::ByteVector(bytes.begin(), bytes.end())
                                  : test::implode(test::split(bytes)));
  if (complaint.empty()) return 0;
  std::fprintf(stderr, "%s\n", complaint.c_str());
  std::abort();
}
