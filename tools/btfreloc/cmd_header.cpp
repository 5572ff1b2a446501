#include "btfreloc/cmd_header.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "btf/c_text.h"
#include "btf/header/c_header.h"
#include "btf/header/rust_header.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/header_contents.h"
#include "btfreloc/input.h"
#include "btfreloc/kernel.h"
#include "btfreloc/named_types.h"
#include "btfreloc/write_file.h"
#include "object/relocate.h"
#include "object/used_types.h"

namespace btfreloc::tool {
namespace {

struct HeaderOptions {
  std::vector<std::string> types;
  std::vector<std::string> objects;  ///< --used-by
  std::vector<std::string> sources;
  std::string kernel = "@running";
  std::string language = "c";
  std::string co_re;  ///< "": what programs of the language expect.
  std::string out;
  bool asserts = false;
};

/// Says which types of the header have names that others had first.
void warn_about_namesakes(const std::vector<NamedType>& types) {
  std::map<std::string, std::vector<std::uint32_t>> by_title;
  for (const NamedType& named : types) {
    by_title[btf::title(*named.btf, named.type)].push_back(named.type.value);
  }
  for (auto& [title, ids] : by_title) {
    std::ranges::sort(ids);
    const auto repeats = std::ranges::unique(ids);
    ids.erase(repeats.begin(), repeats.end());
    if (ids.size() < 2) continue;
    const std::string name = printable(title);
    const bool is_function = title.starts_with("func ");
    print(Finding{
        .code = "several-definitions",
        .message = fmt::format("the kernel has {} different definitions of `{}`", ids.size(), name),
        .notes = {fmt::format("the header has them all: the second is `{}___2`{}", name,
                              is_function ? ""
                                          : ", a flavor, which relocations take for any of "
                                            "them")}});
  }
}

void warn_about(const object::MissingType& missing, const std::string& path, const Kernel& kernel) {
  const std::string name = printable(missing.name);
  Finding finding{.code = missing.is_type ? "missing-type" : "missing-member",
                  .message = fmt::format("{} has no `{}`", printable(kernel.label()), name),
                  .where = {.file = path, .section = {}, .offset = {}},
                  .help = missing.is_type
                              ? "the source has to declare it itself"
                              : fmt::format("declare it in a flavor of the type, `{}___old`",
                                            name.substr(0, name.find_first_of(".:")))};
  if (missing.place) {
    finding.source = SourcePlace{.file = printable(missing.place->file),
                                 .line = missing.place->line,
                                 .column = missing.place->column,
                                 .text = std::string(missing.place->text)};
  }
  print(finding);
}

/// Adds what the source of an object needs, and says what of it the kernel lacks. False when the
/// source cannot be compiled for that.
Result<bool> add_used_by(const std::string& path, const Kernel& kernel,
                         std::span<const std::string_view> sources, HeaderContents& contents) {
  TRY(const Input input, Input::open(path));
  if (input.object() == nullptr) {
    return fail(Errc::unsupported, "not a BPF object, so it uses nothing", {.file = path},
                "name the .o file that clang made; names of types stand before --used-by");
  }
  auto used = object::used_types(*input.object(), kernel.target(), sources);
  if (!used) {
    Error error = std::move(used).error();
    if (error.where.file.empty()) error.where.file = path;
    return std::unexpected(std::move(error));
  }
  for (const object::UsedType& type : used->types) contents.add(type);
  bool compiles = true;
  for (const object::MissingType& missing : used->missing) {
    compiles = compiles && missing.is_type;
    warn_about(missing, path, kernel);
  }
  return compiles;
}

/// Texts of the files of --source.
Result<std::vector<FileBytes>> read_sources(const std::vector<std::string>& paths) {
  std::vector<FileBytes> files;
  for (const std::string& path : paths) {
    TRY(FileBytes file, FileBytes::open(path));
    files.push_back(std::move(file));
  }
  return files;
}

/// Says what C cannot say.
void warn_about_notes(const std::vector<btf::HeaderNote>& notes, const btf::View& btf,
                      const std::string& address) {
  constexpr std::size_t kMostNotes = 8;
  if (notes.empty()) return;
  Finding finding{.code = "not-declared",
                  .message = "the BTF says what C cannot; comments in the header have the places",
                  .where = {.file = address, .section = {}, .offset = {}}};
  for (std::size_t i = 0; i < std::min(notes.size(), kMostNotes); ++i) {
    const btf::HeaderNote& note = notes[i];
    const std::string member = note.member ? fmt::format(", member `{}`", *note.member) : "";
    finding.notes.push_back(
        printable(fmt::format("`{}`{}: {}", btf::title(btf, note.type), member, note.reason)));
  }
  if (notes.size() > kMostNotes) {
    finding.notes.push_back(fmt::format("and {}{} more", notes.size() - kMostNotes,
                                        notes.size() == btf::kMaxNotes ? " or" : ""));
  }
  print(finding);
}

/// "6.12.43+deb12-cloud-amd64", or what else is known of the kernel.
std::string origin_of(const Kernel& kernel) {
  std::string text = kernel.label() == "@running" ? kernel.release() : kernel.label();
  if (!kernel.arch().empty() && !text.contains(kernel.arch())) {
    text += fmt::format(" ({})", kernel.arch());
  }
  std::ranges::replace(text, '*', '?');  // which could end the comment that it stands in
  return printable(text);
}

btf::CoRe co_re_of(const std::string& name) {
  if (name == "none") return btf::CoRe::none;
  return name == "tag" ? btf::CoRe::tag : btf::CoRe::attribute;
}

/// Prints the declarations in the language that was asked for.
std::vector<btf::HeaderNote> print_declarations(TextBuffer& text, const HeaderOptions& options,
                                                const btf::HeaderSelection& selection,
                                                const std::string& origin) {
  if (options.language == "rust") {
    // In Rust, it is the pass that makes relocations of accesses, by the name of the module.
    const bool co_re = !options.co_re.empty() && options.co_re != "none";
    return btf::print_rust_header(text, selection, {.co_re = co_re, .origin = origin});
  }
  const std::string comment =
      fmt::format("The kernel's types, of {}. Written by btfreloc header.", origin);
  return btf::print_c_header(
      text, selection,
      {.co_re = co_re_of(options.co_re), .origin = comment, .asserts = options.asserts});
}

Result<int> header(const HeaderOptions& options, Output& out) {
  TRY(const Kernel kernel, Kernel::open(options.kernel, TypeIds::any));
  TRY(const std::vector<NamedType> named, find_named_types(kernel, options.kernel, options.types));
  TRY(const std::vector<FileBytes> files, read_sources(options.sources));
  std::vector<std::string_view> sources;
  for (const FileBytes& file : files) sources.push_back(as_chars(file.bytes()));

  HeaderContents contents(kernel);
  for (const NamedType& type : named) contents.add(type);
  int exit_status = kExitFine;
  for (const std::string& object : options.objects) {
    TRY(const bool compiles, add_used_by(object, kernel, sources, contents));
    if (!compiles) exit_status = kExitNo;
  }
  warn_about_namesakes(named);

  const bool is_whole = options.types.empty() && options.objects.empty();
  std::optional<btf::HeaderSelection> selection;
  if (is_whole) {
    selection = btf::HeaderSelection::all(kernel.btf());
  } else {
    TRY(selection, contents.selection());
  }
  TextBuffer text(is_whole ? std::size_t{8} << 20 : std::size_t{1} << 16);
  const std::string origin = origin_of(kernel);
  const auto notes = print_declarations(text, options, *selection, origin);
  if (options.out.empty() || options.out == "-") {
    out << text.view();
  } else {
    TRY_OK(write_file(options.out, as_bytes(text.view())));
  }
  warn_about_notes(notes, selection->view(), options.kernel);
  return exit_status;
}

}  // namespace

Runner add_header(CLI::App& command) {
  const auto options = std::make_shared<HeaderOptions>();
  command.add_option("TYPE", options->types,
                     "only these types and what they consist of: struct sock, pid_t, vfs_read, "
                     "'bpf_*'; task_struct.comm for one member");
  CLI::Option* const used_by = command.add_option(
      "--used-by", options->objects, "only what the sources of these BPF objects need");
  used_by->type_name("OBJECT...");
  command
      .add_option("--source", options->sources,
                  "with --used-by: their sources, which name what no instruction comes from")
      ->needs(used_by)
      ->type_name("FILE...");
  command
      .add_option("-k,--kernel", options->kernel, fmt::format("the kernel: {}", kKernelAddresses))
      ->capture_default_str()
      ->type_name("KERNEL");
  command.add_option("--lang", options->language, "c (default) or rust")
      ->check(CLI::IsMember({"c", "rust"}))
      ->type_name("LANGUAGE");
  command
      .add_flag(
          "--co-re{attribute}", options->co_re,
          "accesses are relocated: by clang's preserve_access_index (attribute, the default), "
          "by the pass (tag), or not (none)")
      ->check(CLI::IsMember({"attribute", "tag", "none"}))
      ->type_name("HOW");
  command.add_flag("--asserts", options->asserts, "have the compiler check every size and offset");
  command.add_option("-o", options->out, "write the header there, as a whole or not at all")
      ->type_name("FILE");
  command.footer(
      "Without TYPE and --used-by: all types of the kernel, as vmlinux.h has them.\n"
      "\n"
      "Exit status: 0 fine, 1 a source needs a member that the kernel has not, 2 could not "
      "answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc header -o vmlinux.h\n"
      "  btfreloc header --used-by prog.bpf.o -k 6.1.0-56-amd64 -o vmlinux.h\n"
      "  btfreloc header task_struct.comm 'struct path' -k vmlinux.btf\n"
      "  btfreloc header --lang rust --used-by prog.bpf.o -o src/vmlinux.rs\n");
  return [options](Output& out) { return header(*options, out); };
}

}  // namespace btfreloc::tool
