#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/uninitialized.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What a walk over the types of a blob found.
struct Scan {
  UninitializedVector<std::uint32_t>
      offsets;                   ///< Where each type starts, in bytes from the first one.
  std::uint32_t max_type = 0;    ///< The largest id any type refers to.
  std::uint32_t max_string = 0;  ///< The largest string offset any type refers to.

  friend bool operator==(const Scan&, const Scan&) = default;
};

/// How long a type of an unknown kind is, in bytes, by the blob's layout section.
struct Lengths {
  std::uint32_t fixed;  ///< Behind the header.
  std::uint32_t per_record;
};

/// Walks over the types of one blob, whose header is checked, and proves that each lies inside
/// the type section. Does not own the bytes.
class Scanner {
 public:
  /// `header` must outlive the scanner; `first_id` and `section` are for errors.
  Scanner(Bytes blob, const Header& header, std::uint32_t first_id, std::string_view section);

  /// One pass: in lanes where that works, else serially.
  Result<Scan> scan() const;

  /// One type after the other. This is what a type section means, for any blob, and what names
  /// the first thing wrong with it.
  Result<Scan> scan_serially() const;

  /// Several types at a time: the answer of scan_serially(), three times as fast. nullopt for
  /// small blobs, those of the other byte order, and whenever something is out of the ordinary.
  std::optional<Scan> scan_in_lanes() const;

  /// Called when a scan met a reference that means nothing: finds the first one, to name it.
  Error first_bad_reference(const Scan& found, std::uint32_t type_count, std::uint32_t strings_end,
                            bool is_split) const;

 private:
  template <std::endian kOrder>
  Result<Scan> scan_in() const;

  std::uint32_t word(const std::byte* at) const { return load<std::uint32_t>(at, header_.order); }
  Info info_of(const std::byte* type) const { return Info::unpack(word(type + 4)); }
  Location place(std::size_t at) const;

  Error cut_header(std::size_t at, std::size_t index) const;
  Error cut_records(std::size_t at, std::size_t index, std::uint64_t size) const;
  Result<Lengths> lengths_by_layout(std::uint8_t kind, std::size_t at, std::size_t index) const;
  Error bad_reference(Errc code, std::size_t index, std::size_t byte, std::string_view what,
                      bool is_split) const;

  Bytes types_;
  Bytes behind_types_;  ///< The rest of the blob: what a wide load may touch.
  Bytes layout_;
  const Header& header_;
  std::uint32_t first_id_;
  std::string_view section_;
};

/// The hint with everything that ends too early.
inline constexpr std::string_view kCutShort = "the file may be cut short, or was patched by hand";

}  // namespace btfreloc::btf
