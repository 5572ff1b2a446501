#include <fmt/format.h>
#include <zstd.h>

#include <memory>

#include "kernels/set_state.h"

namespace btfreloc::kernels {
namespace {

/// Sets are written once and read often. 19 is the highest level that takes no extra memory.
constexpr int kLevel = 19;

struct FreeContexts {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

Result<std::vector<std::byte>> unpack(Bytes packed, std::size_t size, std::size_t most) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContexts> context(ZSTD_createDCtx());
  if (size > most) {
    return fail(Errc::bad_format,
                fmt::format("it unpacks to {} bytes, and {} are the most", size, most));
  }
  std::vector<std::byte> bytes(size);
  const std::size_t got =
      ZSTD_decompressDCtx(context.get(), bytes.data(), size, packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) {
    return fail(Errc::bad_format,
                fmt::format("it cannot be unpacked: {}",
                            ZSTD_isError(got) != 0 ? ZSTD_getErrorName(got) : "it is shorter"));
  }
  return bytes;
}

std::vector<std::byte> pack(Bytes bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContexts> context(ZSTD_createCCtx());
  std::vector<std::byte> packed(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(),
                                             bytes.data(), bytes.size(), kLevel);
  // Only too little room could fail, and there is enough.
  packed.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return packed;
}

}  // namespace btfreloc::kernels
