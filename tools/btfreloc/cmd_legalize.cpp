#include "btfreloc/cmd_legalize.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "btf/legalize.h"
#include "btf/raw_text.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/input.h"
#include "btfreloc/json.h"
#include "btfreloc/validating.h"
#include "btfreloc/write_file.h"
#include "elf/file.h"
#include "elf/rewrite.h"
#include "object/legalize.h"

namespace btfreloc::tool {
namespace {

constexpr std::size_t kMostShown = 3;  // relocations, of those with the same obstacle

struct LegalizeCommand {
  std::string file;
  std::string base;
  std::string version;
  std::string out;
  std::string as;
  bool json = false;
};

/// What was rewritten, and the whole file with it.
struct Rewritten {
  const btf::View* before;
  btf::Legalized btf;
  std::vector<std::byte> file;
};

/// "[12] ENUM64 'big'", as bpftool spells it.
std::string title(const btf::View& view, TypeId id) {
  if (id.value == 0) return "the blob";
  const std::string_view name = view.name(id);
  return fmt::format("[{}] {}{}", id.value, btf::kind_name(view, id),
                     name.empty() ? "" : fmt::format(" '{}'", printable(name)));
}

/// One finding for each type that stands in the way.
void print_obstacles(const Input& input, const object::LegalizedObject& legal) {
  const object::Object& object = *input.object();
  std::map<std::size_t, std::vector<std::size_t>> by_change;
  for (const object::NeedsRelocateFirst& obstacle : legal.obstacles) {
    by_change[obstacle.change].push_back(obstacle.relocation);
  }
  for (const auto& [index, relocations] : by_change) {
    const btf::Change& change = legal.btf.changes[index];
    Finding finding{.level = Level::error,
                    .code = "needs-relocate-first",
                    .message = fmt::format("relocations go through {}, which {}",
                                           title(*object.btf(), change.type), change.text),
                    .where = {.file = input.path(),
                              .section = ".BTF",
                              .offset = object.btf()->type_offset(change.type)},
                    .help =
                        "they would ask a kernel for something else: apply them first, with "
                        "`btfreloc relocate -o`"};
    for (std::size_t i = 0; i < relocations.size() && i < kMostShown; ++i) {
      const RelocationRecord record = describe(object, object.relocations()[relocations[i]]);
      finding.notes.push_back(fmt::format("{} asks for {}", record.id, record.full_path));
    }
    if (relocations.size() > kMostShown) {
      finding.notes.push_back(fmt::format("and {} more do", relocations.size() - kMostShown));
    }
    print(finding);
  }
}

/// Nullopt, and findings, when relocations stand in the way.
Result<std::optional<Rewritten>> rewrite(const Input& input, btf::KernelVersion version) {
  if (const object::Object* object = input.object()) {
    TRY(object::LegalizedObject legal, object::legalize(*object, version));
    if (!legal.obstacles.empty()) {
      print_obstacles(input, legal);
      return std::nullopt;
    }
    TRY(auto file, elf::rewrite(input.bytes(), {{{".BTF", legal.btf.blob}}}));
    return Rewritten{object->btf(), std::move(legal.btf), std::move(file)};
  }
  const btf::View& view = *input.views().front();
  TRY(btf::Legalized legal, btf::legalize(view, {.kernel = version}));
  std::vector<std::byte> file = legal.blob;
  if (elf::is_elf(input.bytes())) {
    TRY(file, elf::rewrite(input.bytes(), {{{".BTF", legal.blob}}}));
  }
  return Rewritten{&view, std::move(legal), std::move(file)};
}

/// Raw BTF is taken for a program's, whose rules are the stricter ones.
std::optional<btf::As> as_of(const LegalizeCommand& command, const Input& input) {
  if (command.as == "kernel") return btf::As::kernel;
  if (command.as == "program") return btf::As::program;
  if (!command.base.empty() || elf::is_elf(input.bytes())) return std::nullopt;
  return btf::As::program;
}

void print_json(Output& out, const LegalizeCommand& command, const Rewritten& rewritten) {
  out << fmt::format(
      "{{\"schema\":\"btfreloc.legalize/1\",\n\"file\":{},\n\"for\":{},\n\"written\":{}",
      text_of(command.file), text_of(command.version), text_of(command.out));
  {
    JsonArray changes(out, "changes");
    for (const btf::Change& change : rewritten.btf.changes) {
      changes.add({{"type_id", change.type.value},
                   {"kind", btf::kind_name(*rewritten.before, change.type)},
                   {"name", string_or_null(rewritten.before->name(change.type))},
                   {"change", btf::name(change.kind)},
                   {"text", change.text}});
    }
  }
  out << "}\n";
}

void print_changes(Output& out, const LegalizeCommand& command, const Rewritten& rewritten) {
  for (const btf::Change& change : rewritten.btf.changes) {
    out.line(fmt::format("{}: {}", title(*rewritten.before, change.type), printable(change.text)));
  }
  const std::size_t count = rewritten.btf.changes.size();
  out << fmt::format("{} change{} for Linux {}; written to {}\n",
                     count == 0 ? std::string("no") : std::to_string(count), count == 1 ? "" : "s",
                     printable(command.version), printable(command.out));
}

Result<int> legalize(const LegalizeCommand& command, Output& out) {
  const auto version = btf::parse_kernel_version(command.version);
  if (!version) {
    return fail(Errc::bad_format, fmt::format("`{}` is no release of Linux", command.version), {},
                "as in `--for 5.10`");
  }
  if (command.json && command.out == "-") {
    return fail(Errc::unsupported, "--json and -o - both write to standard output", {},
                "name a file with -o");
  }
  TRY(const Input input, Input::open(command.file, command.base));
  auto rewritten = rewrite(input, *version);
  if (!rewritten) {
    Error error = std::move(rewritten).error();
    if (error.where.file.empty()) error.where.file = input.path();
    return std::unexpected(std::move(error));
  }
  if (!*rewritten) return kExitNo;
  TRY(const Validating validating, Validating::check((*rewritten)->file, command.file,
                                                     {.version = command.version,
                                                      .kernel = {},
                                                      .as = as_of(command, input),
                                                      .base = command.base}));
  if (!validating.valid()) {
    print_findings(validating);
    print(Finding{.level = Level::error,
                  .code = "nothing-written",
                  .message = fmt::format("after {} changes, Linux {} would still not accept it",
                                         (*rewritten)->btf.changes.size(), version->text()),
                  .where = {.file = command.out, .section = {}, .offset = {}},
                  .notes = {"the findings are about the BTF after these changes"},
                  .help = "mend what the findings name in the source, or in what wrote the BTF"});
    return kExitNo;
  }
  if (command.out == "-") {
    out << as_chars((*rewritten)->file);
    return kExitFine;
  }
  TRY_OK(write_file(command.out, (*rewritten)->file));
  if (command.json) {
    print_json(out, command, **rewritten);
  } else {
    print_changes(out, command, **rewritten);
  }
  return kExitFine;
}

}  // namespace

Runner add_legalize(CLI::App& command) {
  const auto options = std::make_shared<LegalizeCommand>();
  command
      .add_option("FILE", options->file,
                  "BPF object, raw BTF, ELF file with .BTF, each also as .xz, .zst or .gz; - is "
                  "standard input")
      ->required();
  command
      .add_option("--for", options->version, "the release of Linux that is to accept it, as 5.10")
      ->required()
      ->type_name("VERSION");
  command.add_option("-o", options->out, "the file to write; - is standard output")
      ->required()
      ->type_name("OUT");
  command.add_option("-B,--base", options->base, "the kernel's BTF, for the split BTF of a module")
      ->type_name("FILE");
  command
      .add_option("--as", options->as,
                  "whose rules the result must follow: a kernel's own BTF, or a program's, which "
                  "is the default for raw BTF")
      ->check(CLI::IsMember({"kernel", "program"}))
      ->type_name("WHOSE");
  command.add_flag("--json", options->json, "schema btfreloc.legalize/1");
  command.footer(
      "Type ids stay as they are, and with them .BTF.ext and the relocations. Where a relocation\n"
      "goes through a type that has to change, nothing is written: apply the relocations first.\n"
      "Exit status: 0 written, 1 it cannot be made legal, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc legalize prog.bpf.o --for 5.10 -o prog.5.10.bpf.o\n"
      "  btfreloc relocate prog.bpf.o -k 5.10.btf -o - | btfreloc legalize - --for 5.10 -o "
      "out.o\n");
  return [options](Output& out) { return legalize(*options, out); };
}

}  // namespace btfreloc::tool
