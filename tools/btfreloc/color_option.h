#pragma once

#include "btfreloc/output.h"

namespace CLI {
class App;
}

namespace btfreloc::tool {

/// Adds --color. `color` outlives the app.
void add_color_option(CLI::App& app, ColorMode& color);

}  // namespace btfreloc::tool
