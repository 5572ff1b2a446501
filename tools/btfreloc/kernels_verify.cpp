#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernels_commands.h"

namespace btfreloc::tool {
namespace {

using Damage = kernels::Set::Damage;

struct VerifyOptions {
  std::string set;
  bool json = false;
};

/// "no kernel of the set can be read", "cannot be read: a, b and 12 more".
std::string concerned_text(const Damage& damage) {
  constexpr std::size_t kListed = 8;
  if (damage.kernels.empty()) return "no kernel of the set can be read";
  std::string text = "cannot be read: ";
  for (std::size_t i = 0; i < std::min(kListed, damage.kernels.size()); ++i) {
    text += (i == 0 ? "" : ", ") + damage.kernels[i];
  }
  if (damage.kernels.size() > kListed) {
    text += fmt::format(" and {} more", damage.kernels.size() - kListed);
  }
  return text;
}

void print_damage(const SetFile& file, const Damage& damage) {
  const Error error = file.in_file(damage.error);
  print(Finding{.level = Level::error,
                .code = std::string(name(error.code)),
                .message = error.message,
                .where = error.where,
                .notes = {concerned_text(damage)},
                .help = error.hint.empty()
                            ? "other kernels are sound: `btfreloc kernels remove` takes these out, "
                              "and `add` puts them in again"
                            : error.hint});
}

void print_json(Output& out, const SetFile& file, const std::vector<Damage>& found) {
  const SetCounts counts = SetCounts::of(file.set());
  out << fmt::format(
      "{{\"schema\":\"{}\",\n\"set\":{},\n\"sound\":{},\n\"kernels\":{},"
      "\n\"modules\":{},\n\"blocks\":{}",
      kKernelsSchema, text_of(Json(file.path())), found.empty(), counts.kernels, counts.modules,
      file.set().size().blocks);
  {
    JsonArray array(out, "damage");
    for (const Damage& damage : found) {
      array.add({{"code", name(damage.error.code)},
                 {"message", damage.error.message},
                 {"section", string_or_null(damage.error.where.section)},
                 {"offset",
                  damage.error.where.offset ? integer(*damage.error.where.offset) : Json(nullptr)},
                 {"kernels", damage.kernels}});
    }
  }
  out << "}\n";
}

Result<int> verify(const VerifyOptions& options, Output& out) {
  auto opened = SetFile::open(options.set);
  if (!opened) {
    // A set of a newer version may be sound, and other files are none.
    const Errc code = opened.error().code;
    const bool is_damaged = code == Errc::bad_format || code == Errc::truncated;
    if (!is_damaged || !is_set_file(options.set)) return std::unexpected(std::move(opened).error());
    print(opened.error());
    return kExitNo;
  }
  const SetFile& file = **opened;
  const std::vector<Damage> found = file.set().verify();
  if (options.json) {
    print_json(out, file, found);
    return found.empty() ? kExitFine : kExitNo;
  }
  for (const Damage& damage : found) print_damage(file, damage);
  const SetCounts counts = SetCounts::of(file.set());
  out << fmt::format(
      "{}: {}, {}, {}: {}\n", printable(file.path()), count_of(counts.kernels, "kernel"),
      count_of(counts.modules, "module"), count_of(file.set().size().blocks, "block"),
      found.empty() ? "sound" : fmt::format("damaged in {}", count_of(found.size(), "place")));
  return found.empty() ? kExitFine : kExitNo;
}

}  // namespace

Runner add_kernels_verify(CLI::App& command) {
  const auto options = std::make_shared<VerifyOptions>();
  command.add_option("SET", options->set, "the set: SET.btfset or @shipped")->required();
  command.add_flag("--json", options->json, "schema btfreloc.kernels/1");
  command.footer(
      "Exit status: 0 sound, 1 damaged, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc kernels verify my.btfset\n");
  return [options](Output& out) { return verify(*options, out); };
}

}  // namespace btfreloc::tool
