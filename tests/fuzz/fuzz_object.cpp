#include <fcntl.h>

#include <cstdint>
#include <cstdlib>

#include "property/every_view.h"

// A file of any kind, read and printed as `btfreloc dump` does.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfreloc;
  static const int dev_null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  static tool::Output out(tool::ColorMode::always, dev_null);
  const auto input =
      tool::Input::from_bytes(Bytes(reinterpret_cast<const std::byte*>(data), size), "file");
  if (!input) {
    if (input.error().message.empty() || input.error().where.file.empty()) std::abort();
    return 0;
  }
  for (const test::View view : test::kViews) test::print_view(out, *input, view);
  out.complete();
  return 0;
}
