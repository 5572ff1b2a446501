#pragma once

#include "btfreloc/history.h"
#include "btfreloc/svg.h"

namespace btfreloc::tool {

/// Pixels below the strips, for the names of kernels.
inline constexpr double kStripNames = 104;

/// Of draw_overview(), in pixels, with what separates it from what is beside it.
double overview_width(const Timeline& timeline);

/// Draws the whole struct of each kernel as a strip, to one scale, with the member that is asked
/// for. `box` has its height and place; kernels are named above it.
void draw_overview(Svg& svg, const HistoryKernels& kernels, const Timeline& timeline,
                   const Box& box);

}  // namespace btfreloc::tool
