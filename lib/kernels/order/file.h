#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/view.h"
#include "kernels/order/stored.h"
#include "kernels/order/used_strings.h"

namespace btfreloc::kernels {

/// Fills in what lies around the types and strings of a file, and its byte order. False where the
/// types are not before the strings.
bool split_file(const btf::View& original, StoredOrder& stored);

/// What one file is put together from: types of `canonical`, with what they refer to replaced.
struct FileParts {
  const btf::View& canonical;
  const UsedStrings& strings;
  const StoredOrder& stored;
  std::span<const std::uint32_t> types;         ///< Own types, counted from 0.
  std::span<const std::uint32_t> string_order;  ///< Numbers of `strings`, or kOtherString.
  /// Where strings lie in the base; UsedStrings::kNone where they do not.
  std::span<const std::uint32_t> base_strings;
  std::uint32_t strings_start;                ///< String offset of the first own byte.
  std::uint32_t first_id;                     ///< Of own types.
  std::span<const std::uint32_t> base_types;  ///< Ids in the base of what has that canonical id.
};

/// The file, without its patches. Fails where there are fewer other texts than the order has, or a
/// base type that is not there is referred to.
Result<std::vector<std::byte>> put_together(const FileParts& parts);

Status apply_patches(std::span<const StoredOrder::Patch> patches, std::vector<std::byte>& file);

/// What makes `file` of `made`; nullopt where that is much.
std::optional<std::vector<StoredOrder::Patch>> find_patches(Bytes made, Bytes file);

}  // namespace btfreloc::kernels
