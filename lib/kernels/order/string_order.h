#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/order/coder.h"

namespace btfreloc::kernels {

/// Stands for a string that no type uses, or that was there before, in an order of strings.
inline constexpr std::uint32_t kOtherString = UINT32_MAX;

/// Writes the order of a string section. Strings that types use are numbers from 0, all of which
/// are in `first_use`: the order in which they would lie there if the types had been written first
/// to last. The others are kOtherString, and their texts kept elsewhere. `reference` is another
/// kernel's order of those that it has, too, each once.
void write_string_order(BitWriter& writer, std::span<const std::uint32_t> first_use,
                        std::span<const std::uint32_t> reference,
                        std::span<const std::uint32_t> order);

/// `size` strings of the section, each used one at most once; nullopt for bits that no order gives.
std::optional<std::vector<std::uint32_t>> read_string_order(
    BitReader& reader, std::span<const std::uint32_t> first_use,
    std::span<const std::uint32_t> reference, std::uint32_t size);

}  // namespace btfreloc::kernels
