#include "kernels/order/stored.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

constexpr std::uint8_t kOrderForm = 1;
constexpr std::uint8_t kFileForm = 2;
constexpr std::size_t kStartSize = 9;  ///< In bytes: form and checksum.
constexpr int kLevel = 19;

constexpr std::uint32_t kBigEndian = 1;  ///< A flag, of which there are no others.

std::vector<std::byte> compressed(Bytes bytes) {
  std::vector<std::byte> frame(ZSTD_compressBound(bytes.size()));
  // Cannot fail: the frame has room, and out of memory aborts elsewhere, too.
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), kLevel);
  frame.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return frame;
}

/// Sizes that the frame declares are not believed: memory grows with what comes out.
Result<std::vector<std::byte>> decompressed(Bytes frame, std::uint64_t most) {
  constexpr std::size_t kStep = std::size_t{1} << 20;
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 28);
  std::vector<std::byte> bytes;
  ZSTD_inBuffer in = {frame.data(), frame.size(), 0};
  for (;;) {
    const std::size_t had = bytes.size();
    const std::uint64_t room = std::min<std::uint64_t>(std::max(kStep, had), most + 1 - had);
    bytes.resize(had + static_cast<std::size_t>(room));
    ZSTD_outBuffer out = {bytes.data() + had, static_cast<std::size_t>(room), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    bytes.resize(had + out.pos);
    if (ZSTD_isError(left) != 0) {
      return fail_order(fmt::format("zstd: {}", ZSTD_getErrorName(left)));
    }
    if (bytes.size() > most) return fail_order(fmt::format("more than {} bytes come out", most));
    if (left == 0) break;
    if (out.pos < room && in.pos == in.size) return fail_order("the zstd frame is cut short");
  }
  if (in.pos != in.size) return fail_order("there are bytes behind the zstd frame");
  return bytes;
}

ByteWriter started(std::uint8_t form, std::uint64_t checksum) {
  ByteWriter bytes;
  bytes.byte(form);
  bytes.fixed(checksum);
  return bytes;
}

std::vector<std::byte> copy_of(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

Result<std::vector<StoredOrder::Patch>> read_patches(Cursor& parts) {
  std::vector<StoredOrder::Patch> patches;
  std::uint64_t end = 0;
  while (!parts.at_end()) {
    const std::uint64_t gap = parts.varint();
    const std::string_view bytes = parts.sized();
    if (parts.failed()) return fail_order("its changes are cut short");
    if (gap > kMaxFileSize || end + gap + bytes.size() > kMaxFileSize) {
      return fail_order("a change lies behind the end of the file");
    }
    patches.push_back({.offset = end + gap, .bytes = copy_of(bytes)});
    end += gap + bytes.size();
  }
  return patches;
}

}  // namespace

std::unexpected<Error> fail_order(std::string message) {
  return fail(Errc::bad_format, std::move(message), {.section = ".order"},
              "the bytes are damaged, or belong to another kernel");
}

std::vector<std::byte> pack(const StoredOrder& order, std::uint64_t checksum) {
  ByteWriter bytes = started(kOrderForm, checksum);
  bytes.sized(as_chars(order.bits));
  ByteWriter rest;
  rest.varint(order.big_endian ? kBigEndian : 0);
  rest.varint(order.strings);
  for (const std::vector<std::byte>& gap : order.around) rest.sized(as_chars(gap));
  rest.sized(order.other_texts);
  std::uint64_t end = 0;
  for (const StoredOrder::Patch& patch : order.patches) {
    rest.varint(patch.offset - end);
    rest.sized(as_chars(patch.bytes));
    end = patch.offset + patch.bytes.size();
  }
  bytes.append(compressed(rest.view()));
  return bytes.take();
}

std::vector<std::byte> pack_file(Bytes file, std::uint64_t checksum) {
  ByteWriter bytes = started(kFileForm, checksum);
  bytes.append(compressed(file));
  return bytes.take();
}

Result<Packed> open_packed(Bytes bytes) {
  if (bytes.size() < kStartSize) return fail_order("it is too short for any order");
  const auto form = std::to_integer<std::uint8_t>(bytes[0]);
  if (form != kOrderForm && form != kFileForm) {
    return fail_order(fmt::format("it has the unknown form {}", form));
  }
  return Packed{.is_file = form == kFileForm,
                .checksum = load<std::uint64_t>(bytes.data() + 1, std::endian::little),
                .content = bytes.subspan(kStartSize)};
}

Result<StoredOrder> unpack(Bytes content, std::uint64_t most) {
  Cursor outer(content);
  StoredOrder order;
  order.bits = copy_of(outer.sized());
  if (outer.failed()) return fail_order("it is cut short");
  TRY(const std::vector<std::byte> rest, decompressed(outer.take(outer.remaining()), most));
  Cursor parts(rest);
  const std::uint64_t flags = parts.varint();
  if (flags > kBigEndian) return fail_order("it has unknown flags");
  order.big_endian = (flags & kBigEndian) != 0;
  const std::uint64_t strings = parts.varint();
  if (strings > kMaxFileSize) return fail_order(fmt::format("it has {} strings", strings));
  order.strings = static_cast<std::uint32_t>(strings);
  for (std::vector<std::byte>& gap : order.around) gap = copy_of(parts.sized());
  order.other_texts = parts.sized();
  if (parts.failed()) return fail_order("its parts are cut short");
  TRY(order.patches, read_patches(parts));
  return order;
}

Result<std::vector<std::byte>> unpack_file(Bytes content) {
  return decompressed(content, kMaxFileSize);
}

}  // namespace btfreloc::kernels
