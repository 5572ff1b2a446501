#include "btfreloc/color_option.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace btfreloc::tool {

void add_color_option(CLI::App& app, ColorMode& color) {
  const std::map<std::string, ColorMode> modes = {
      {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
  app.add_option("--color", color, "auto, always or never")
      ->transform(CLI::Transformer(modes))
      ->type_name("WHEN");
}

}  // namespace btfreloc::tool
