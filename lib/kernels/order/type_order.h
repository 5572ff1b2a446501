#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/order/coder.h"
#include "kernels/order/graph.h"

namespace btfreloc::kernels {

/// Writes the order in which types come; `order` and `reference` hold types of `graph`, each once,
/// `order` all of them. `reference` is another kernel's order of those that it has, too.
void write_type_order(BitWriter& writer, const TypeGraph& graph,
                      std::span<const std::uint32_t> reference,
                      std::span<const std::uint32_t> order);

/// nullopt for bits that no order gives. Each type comes once, whatever the bits.
std::optional<std::vector<std::uint32_t>> read_type_order(BitReader& reader, const TypeGraph& graph,
                                                          std::span<const std::uint32_t> reference);

}  // namespace btfreloc::kernels
