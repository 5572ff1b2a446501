#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/set_address.h"
#include "btfreloc/table.h"

namespace btfreloc::tool {
namespace {

using kernels::Column;

struct ListOptions {
  std::string set;
  std::string pattern;
  bool modules = false;
  bool json = false;
};

std::string or_dash(std::string_view text) { return text.empty() ? "-" : cell(text); }

Json column_json(const Column& column) {
  return {{"label", column.label},
          {"release", string_or_null(column.release)},
          {"version", string_or_null(column.version)},
          {"arch", string_or_null(column.arch)},
          {"distribution", string_or_null(column.distribution)},
          {"flavour", string_or_null(column.flavour)},
          {"build_id", string_or_null(column.build_id)},
          {"byte_order", column.order == std::endian::little ? "little" : "big"},
          {"pointer_size", column.pointer_size},
          {"types", column.types},
          {"keeps_ids", column.keeps_ids}};
}

Json kernel_json(const SetFile& file, std::size_t number, bool with_modules) {
  Json json = column_json(file.column(number));
  const std::vector<std::size_t> modules = file.set().modules_of(number);
  json["modules"] = modules.size();
  if (!with_modules) return json;
  Json list = Json::array();
  for (const std::size_t module : modules) {
    const Column& column = file.column(module);
    list.push_back({{"module", column.module},
                    {"build_id", string_or_null(column.build_id)},
                    {"types", column.types},
                    {"keeps_ids", column.keeps_ids}});
  }
  json["module_list"] = std::move(list);
  return json;
}

void print_kernels(Output& out, const SetFile& file, const std::vector<std::size_t>& numbers) {
  Table table({false, false, false, false, true, true, false});
  table.add({"kernel", "arch", "distribution", "version", "types", "modules", "ids"});
  for (const std::size_t number : numbers) {
    const Column& column = file.column(number);
    table.add({cell(column.label), or_dash(column.arch), or_dash(column.distribution),
               or_dash(column.version), fmt::format("{}", column.types),
               fmt::format("{}", file.set().modules_of(number).size()),
               column.keeps_ids ? "kept" : "-"});
  }
  table.print(out);
}

void print_modules(Output& out, const SetFile& file, const std::vector<std::size_t>& numbers) {
  Table table({false, true, false});
  table.add({"module", "types", "ids"});
  for (const std::size_t number : numbers) {
    const Column& column = file.column(number);
    table.add({cell(kernels::address(column)), fmt::format("{}", column.types),
               column.keeps_ids ? "kept" : "-"});
  }
  table.print(out);
}

void print_json(Output& out, const SetFile& file, const std::vector<std::size_t>& numbers,
                bool with_modules) {
  out << fmt::format("{{\"schema\":\"{}\",\n\"set\":{}", kKernelsSchema,
                     text_of(Json(file.path())));
  {
    JsonArray array(out, "kernels");
    for (const std::size_t number : numbers) array.add(kernel_json(file, number, with_modules));
  }
  out << "}\n";
}

/// The modules of kernels, in the order of the kernels.
std::vector<std::size_t> modules_of(const SetFile& file, const std::vector<std::size_t>& kernels) {
  std::vector<std::size_t> all;
  for (const std::size_t kernel : kernels) {
    const std::vector<std::size_t> modules = file.set().modules_of(kernel);
    all.insert(all.end(), modules.begin(), modules.end());
  }
  return all;
}

Result<int> list(const ListOptions& options, Output& out) {
  auto address = parse_set_address(options.set);
  if (!address || address->is_label) address = {.set = options.set, .pattern = {}};
  if (!options.pattern.empty()) address->pattern = options.pattern;
  TRY(const auto file, SetFile::open(address->set));
  const std::vector<Column>& columns = file->set().columns();
  std::vector<std::size_t> numbers;
  if (!address->pattern.empty()) {
    TRY(numbers, find_columns(columns, address->pattern, address->set));
  } else {
    const auto first_module = std::ranges::find_if(columns, &Column::is_module);
    numbers.resize(static_cast<std::size_t>(first_module - columns.begin()));
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  }
  const bool are_modules = !numbers.empty() && columns[numbers[0]].is_module();
  if (options.json && !are_modules) {
    print_json(out, *file, numbers, options.modules);
  } else if (options.json) {
    return fail(Errc::unsupported, "the pattern is one of modules", {},
                "list their kernel, with --modules --json");
  } else if (are_modules) {
    print_modules(out, *file, numbers);
  } else if (options.modules) {
    print_modules(out, *file, modules_of(*file, numbers));
  } else {
    print_kernels(out, *file, numbers);
  }
  return kExitFine;
}

}  // namespace

Runner add_kernels_list(CLI::App& command) {
  const auto options = std::make_shared<ListOptions>();
  command.add_option("SET", options->set, "the set: SET.btfset or @shipped")->required();
  command.add_option("GLOB", options->pattern,
                     "only kernels whose label matches, as in a shell; LABEL/MODULE lists modules");
  command.add_flag("--modules", options->modules, "the modules of these kernels");
  command.add_flag("--json", options->json, "schema btfreloc.kernels/1");
  command.footer(
      "EXAMPLES\n"
      "  btfreloc kernels list @shipped\n"
      "  btfreloc kernels list my.btfset '6.1*'\n"
      "  btfreloc kernels list my.btfset '*/nf_*'\n"
      "  btfreloc kernels list @shipped --json | jq -r '.kernels[].label'\n");
  return [options](Output& out) { return list(*options, out); };
}

}  // namespace btfreloc::tool
