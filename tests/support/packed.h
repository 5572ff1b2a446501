#pragma once

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "btfreloc/unpack_stream.h"

namespace btfreloc::test {

inline std::string packed_lzma(const std::string& content, bool is_xz) {
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  const lzma_ret begun = is_xz ? lzma_easy_encoder(&stream, 1, LZMA_CHECK_CRC32)
                               : lzma_alone_encoder(&stream, &options);
  if (begun != LZMA_OK) throw std::runtime_error("no lzma encoder");
  std::string out(content.size() + content.size() / 8 + 1024, '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(content.data());
  stream.avail_in = content.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  const lzma_ret ended = lzma_code(&stream, LZMA_FINISH);
  out.resize(out.size() - stream.avail_out);
  lzma_end(&stream);
  if (ended != LZMA_STREAM_END) throw std::runtime_error("cannot pack");
  return out;
}

inline std::string packed_gzip(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// The legacy frame: a magic number, then blocks of 8 MiB, each after its packed size.
inline std::string packed_lz4(const std::string& content) {
  constexpr std::size_t kBlock = 8 << 20;
  std::string out = "\x02\x21\x4c\x18";
  for (std::size_t at = 0; at < content.size(); at += kBlock) {
    const auto size = static_cast<int>(std::min(kBlock, content.size() - at));
    std::string block(static_cast<std::size_t>(LZ4_compressBound(size)), '\0');
    const int got = LZ4_compress_default(content.data() + at, block.data(), size,
                                         static_cast<int>(block.size()));
    for (int byte = 0; byte < 4; ++byte) out += static_cast<char>(got >> (8 * byte));
    out.append(block, 0, static_cast<std::size_t>(got));
  }
  return out;
}

/// One stream with that content, as the tool of that name writes it.
inline std::string packed(tool::Packing packing, const std::string& content) {
  switch (packing) {
    case tool::Packing::gzip: return packed_gzip(content);
    case tool::Packing::xz: return packed_lzma(content, true);
    case tool::Packing::lzma: return packed_lzma(content, false);
    case tool::Packing::lz4: return packed_lz4(content);
    case tool::Packing::zstd: {
      std::string out(ZSTD_compressBound(content.size()), '\0');
      out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 1));
      return out;
    }
    case tool::Packing::bzip2: {
      auto size = static_cast<unsigned>(content.size() + content.size() / 100 + 600);
      std::string out(size, '\0');
      BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(content.data()),
                               static_cast<unsigned>(content.size()), 1, 0, 0);
      out.resize(size);
      return out;
    }
    case tool::Packing::lzo: break;
  }
  throw std::runtime_error("nothing packs that");
}

}  // namespace btfreloc::test
