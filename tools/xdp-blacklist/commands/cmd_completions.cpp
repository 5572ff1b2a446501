#include <CLI/CLI.hpp>
#include <memory>

#include "completions.h"
#include "xdp-blacklist/commands/command.h"

namespace xdp_blacklist {

Runner add_completions(CLI::App& command, const GlobalOptions&) {
  const auto shell = std::make_shared<std::string>("bash");
  command.add_option("SHELL", *shell, "bash")->check(CLI::IsMember({"bash"}));
  command.footer("EXAMPLES\n  source <(xdp-blacklist completions bash)\n");
  return [shell](Output& out) -> Result<int> {
    out << kBashCompletion;
    return kExitFine;
  };
}

}  // namespace xdp_blacklist
