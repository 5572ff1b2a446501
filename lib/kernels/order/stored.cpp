#include "kernels/order/stored.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace btfreloc::kernels {
namespace {

constexpr std::uint8_t kOrderForm = 1;
constexpr std::uint8_t kFileForm = 2;
constexpr std::size_t kStartSize = 9;  ///< In bytes: form and checksum.
constexpr int kLevel = 19;

constexpr std::uint32_t kBigEndian = 1;  ///< A flag, of which there are no others.

void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_varint(std::vector<std::byte>& to, std::uint64_t value) {
  for (; value >= 128; value >>= 7) to.push_back(static_cast<std::byte>(value | 128));
  to.push_back(static_cast<std::byte>(value));
}

void append_sized(std::vector<std::byte>& to, Bytes bytes) {
  append_varint(to, bytes.size());
  append(to, bytes);
}

/// Takes an order's parts from the front of its bytes.
class Parts {
 public:
  explicit Parts(Bytes bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  Bytes rest() const { return bytes_; }
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(bytes_[0]);
      bytes_ = bytes_.subspan(1);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return fail_order("a number does not end");
  }
  Result<Bytes> bytes(std::uint64_t size) {
    if (size > bytes_.size()) {
      return fail_order(fmt::format("{} bytes are missing", size - bytes_.size()));
    }
    const Bytes taken = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  Result<Bytes> sized() {
    TRY(const std::uint64_t size, varint());
    return bytes(size);
  }

 private:
  Bytes bytes_;
};

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

std::vector<std::byte> started(std::uint8_t form, std::uint64_t checksum) {
  std::vector<std::byte> bytes(kStartSize);
  bytes[0] = std::byte{form};
  store<std::uint64_t>(bytes.data() + 1, checksum, std::endian::little);
  return bytes;
}

Result<std::vector<StoredOrder::Patch>> read_patches(Parts& parts) {
  std::vector<StoredOrder::Patch> patches;
  std::uint64_t end = 0;
  while (!parts.empty()) {
    TRY(const std::uint64_t gap, parts.varint());
    TRY(const Bytes bytes, parts.sized());
    if (gap > kMaxFileSize || end + gap + bytes.size() > kMaxFileSize) {
      return fail_order("a change lies behind the end of the file");
    }
    patches.push_back({.offset = end + gap, .bytes = {bytes.begin(), bytes.end()}});
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
  std::vector<std::byte> bytes = started(kOrderForm, checksum);
  append_sized(bytes, order.bits);
  std::vector<std::byte> rest;
  append_varint(rest, order.big_endian ? kBigEndian : 0);
  append_varint(rest, order.strings);
  for (const std::vector<std::byte>& gap : order.around) append_sized(rest, gap);
  append_sized(rest, as_bytes(order.other_texts));
  std::uint64_t end = 0;
  for (const StoredOrder::Patch& patch : order.patches) {
    append_varint(rest, patch.offset - end);
    append_sized(rest, patch.bytes);
    end = patch.offset + patch.bytes.size();
  }
  append(bytes, compressed(rest));
  return bytes;
}

std::vector<std::byte> pack_file(Bytes file, std::uint64_t checksum) {
  std::vector<std::byte> bytes = started(kFileForm, checksum);
  append(bytes, compressed(file));
  return bytes;
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
  Parts outer(content);
  StoredOrder order;
  TRY(const Bytes bits, outer.sized());
  order.bits.assign(bits.begin(), bits.end());
  TRY(const std::vector<std::byte> rest, decompressed(outer.rest(), most));
  Parts parts(rest);
  TRY(const std::uint64_t flags, parts.varint());
  if (flags > kBigEndian) return fail_order("it has unknown flags");
  order.big_endian = (flags & kBigEndian) != 0;
  TRY(const std::uint64_t strings, parts.varint());
  if (strings > kMaxFileSize) return fail_order(fmt::format("it has {} strings", strings));
  order.strings = static_cast<std::uint32_t>(strings);
  for (std::vector<std::byte>& gap : order.around) {
    TRY(const Bytes bytes, parts.sized());
    gap.assign(bytes.begin(), bytes.end());
  }
  TRY(const Bytes texts, parts.sized());
  order.other_texts = as_chars(texts);
  TRY(order.patches, read_patches(parts));
  return order;
}

Result<std::vector<std::byte>> unpack_file(Bytes content) {
  return decompressed(content, kMaxFileSize);
}

}  // namespace btfreloc::kernels
