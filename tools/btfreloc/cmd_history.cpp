#include "btfreloc/cmd_history.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/history.h"
#include "btfreloc/history_json.h"
#include "btfreloc/history_svg.h"
#include "btfreloc/history_text.h"
#include "btfreloc/history_unknown.h"
#include "btfreloc/kernel_list.h"
#include "btfreloc/write_file.h"

namespace btfreloc::tool {
namespace {

struct HistoryOptions {
  std::vector<std::string> words;  ///< "struct", "inode.i_ctime", or only the latter.
  std::string function;
  std::string enumeration;
  std::vector<std::string> kernels = {"@shipped"};
  std::string arch;
  std::string svg;
  bool modules = false;
  bool json = false;
};

Result<Question> read_question(const HistoryOptions& options) {
  const int given = (options.words.empty() ? 0 : 1) + (options.function.empty() ? 0 : 1) +
                    (options.enumeration.empty() ? 0 : 1);
  if (given != 1) {
    return fail(Errc::not_found, given == 0 ? "no type is named" : "more than one thing is named",
                {}, "name one: TYPE, TYPE.FIELD, --func NAME or --enum NAME");
  }
  // Compilers put dots into names of functions.
  if (!options.function.empty()) return Question{.keyword = "func", .type = options.function};
  std::string text = options.enumeration;
  for (const std::string& word : options.words) text += (text.empty() ? "" : " ") + word;
  const btf::WrittenPath written = btf::read_written_path(text);
  Question question{.keyword = std::string(written.keyword),
                    .type = std::string(written.type),
                    .path = std::string(written.path)};
  if (!options.enumeration.empty()) question.keyword = "enum";
  if (question.type.empty() || question.type.contains(' ')) {
    return fail(Errc::not_found, fmt::format("`{}` names no type", text), {},
                "name one as TYPE or TYPE.FIELD: task_struct.state, `struct inode.i_atime.tv_sec`");
  }
  return question;
}

Result<int> history(const HistoryOptions& options, Output& out) {
  TRY(const Question question, read_question(options));
  TRY(HistoryKernels kernels,
      HistoryKernels::open(
          {.kernels = options.kernels, .arch = options.arch, .modules = options.modules}));
  TRY(const History history, tell_history(kernels, question));
  if (!history.exists()) TRY_OK(print_unknown(kernels, history));
  if (!options.svg.empty() && history.exists()) {
    TRY(const std::string picture, draw_history(kernels, history));
    TRY_OK(write_file(options.svg, as_bytes(picture)));
  }
  if (options.json) {
    print_history_json(out, kernels, history);
  } else if (history.exists()) {
    print_history(out, kernels, history);
  }
  if (kernels.had_trouble()) return kExitCannotAnswer;
  return history.exists() ? kExitFine : kExitNo;
}

}  // namespace

Runner add_history(CLI::App& command) {
  const auto options = std::make_shared<HistoryOptions>();
  command.add_option("TYPE", options->words,
                     "what to look for: task_struct.state, inode.i_atime.tv_sec, atomic_t; struct, "
                     "union, enum, typedef or func may stand before it");
  command.add_option("--func", options->function, "a function")->type_name("NAME");
  command.add_option("--enum", options->enumeration, "an enum, or one enumerator of it")
      ->type_name("NAME[.ENUMERATOR]");
  command.add_option("-k,--kernel", options->kernels, fmt::format("the kernels: {}", kKernelLists))
      ->allow_extra_args(false)
      ->capture_default_str()
      ->type_name("KERNEL[,KERNEL...]");
  command
      .add_option("--arch", options->arch,
                  "only kernels of this architecture, as uname -m says it (default: this "
                  "machine's), or all")
      ->type_name("ARCH");
  command.add_flag("--modules", options->modules,
                   "look into modules even where the kernel itself has the type");
  command.add_flag("--json", options->json, "schema btfreloc.history/1");
  command.add_option("--svg", options->svg, "write a picture of the layouts there")
      ->type_name("FILE");
  command.footer(
      "Exit status: 0 some kernel has it, 1 none does, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc history task_struct.state\n"
      "  btfreloc history inode.i_ctime -k kernels/ --svg i_ctime.svg\n"
      "  btfreloc history sk_buff -k '@shipped:6.*'\n"
      "  btfreloc history --enum bpf_func_id\n"
      "  btfreloc history net_device.name --arch all --json | jq '.timelines[].steps'\n");
  return [options](Output& out) { return history(*options, out); };
}

}  // namespace btfreloc::tool
