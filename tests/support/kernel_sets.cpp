#include "support/kernel_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/mapped_file.h"
#include "btf/builder.h"
#include "btfreloc/decompress.h"
#include "core/relo_kind.h"
#include "support/btf_difference.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::test {
namespace {

using kernels::Extracted;

constexpr std::string_view kEnding = ".btf.xz";

std::string stem(const std::filesystem::path& path) {
  std::string name = path.filename();
  name.resize(name.size() - kEnding.size());
  return name;
}

Source read_source(const std::filesystem::path& path, kernels::Column column) {
  const MappedFile file = must(MappedFile::open(path));
  return {.column = std::move(column),
          .bytes = must(tool::decompress(file.bytes())),
          .kernel = nullptr,
          .view = {},
          .compressed_size = file.bytes().size()};
}

/// Debian's releases say what they are: "6.12.117+deb13-cloud-amd64".
kernels::Column kernel_column(const std::string& machine, const std::string& release) {
  kernels::Column column;
  column.label = column.release = release;
  column.version = release.substr(0, release.find_first_of("+-"));
  column.arch = machine == "amd64" ? "x86_64" : machine;
  column.distribution = "debian";
  if (release.find("cloud") != std::string::npos) column.flavour = "cloud";
  return column;
}

bool is_in_default_run(const std::string& release) {
  constexpr auto kReleases =
      std::to_array<std::string_view>({"6.1.0-47-cloud-amd64", "6.12.117+deb13-cloud-amd64",
                                       "6.1.0-50-686-pae", "6.12.107+deb13-s390x"});
  return std::ranges::find(kReleases, release) != kReleases.end();
}

bool is_module_in_default_run(const std::string& module) {
  return module == "veth" || module == "nf_conntrack" || module == "kvm";
}

bool is_type_id(const core::Decision& decision) {
  return decision.local && decision.local->kind == core::ReloKind::type_id_target;
}

/// True when several modules have a type of the name. Slices of them number types anew, so that ids
/// of different ones may be equal.
bool is_of_several(const core::Decision& decision) {
  return std::ranges::any_of(decision.considered, [&](const core::CandidateVerdict& verdict) {
    return verdict.candidate.btf != decision.considered[0].candidate.btf;
  });
}

}  // namespace

Source& append(Sources& sources, Source source) {
  Source& added = *sources.emplace_back(std::make_unique<Source>(std::move(source)));
  added.view.emplace(
      must(btf::View::open(added.bytes, added.kernel == nullptr ? nullptr : &*added.kernel->view)));
  return added;
}

Sources corpus_sources(bool all) {
  Sources sources;
  for (const char* machine : {"amd64", "arm64", "i386", "riscv64", "s390x"}) {
    const std::filesystem::path folder = corpus("kernels") / machine;
    for (const std::filesystem::path path : files_in(folder, std::string(kEnding))) {
      const std::string release = stem(path);
      if (!all && !is_in_default_run(release)) continue;
      const Source& kernel = append(sources, read_source(path, kernel_column(machine, release)));
      for (const std::filesystem::path module_path :
           files_in(folder / (release + ".modules"), std::string(kEnding))) {
        kernels::Column column = kernel.column;
        column.module = stem(module_path);
        if (!all && !is_module_in_default_run(column.module)) continue;
        Source module = read_source(module_path, column);
        module.kernel = &kernel;
        append(sources, std::move(module));
      }
    }
  }
  return sources;
}

void add(kernels::Editor& editor, std::span<const Source* const> sources, bool keeps_ids) {
  for (const Source* source : sources) {
    kernels::Column column = source->column;
    column.keeps_ids = keeps_ids;
    const auto added = source->kernel == nullptr
                           ? editor.add(column, *source->view, source->bytes)
                           : editor.add_module(column, *source->view, source->bytes);
    if (!added) {
      throw std::runtime_error(fmt::format("{}: {}", source->address(), added.error().message));
    }
    if (*added != kernels::Editor::Added::yes) {
      throw std::runtime_error(source->address() + " was there");
    }
  }
}

std::vector<const Source*> pointers_to(const Sources& sources) {
  std::vector<const Source*> pointers;
  for (const auto& source : sources) pointers.push_back(source.get());
  return pointers;
}

OpenSet open_set(ByteVector bytes) {
  auto set = must(kernels::Set::open(bytes));
  return {std::move(bytes), std::move(set)};
}

ByteVector packed(std::span<const Source* const> sources, bool keeps_ids) {
  kernels::Editor editor;
  add(editor, sources, keeps_ids);
  return must(editor.packed());
}

Result<ExtractedColumn> extract(const kernels::Set& set, std::size_t column, Extracted::Ids ids) {
  ExtractedColumn extracted;
  if (set.columns()[column].is_module()) {
    TRY(Extracted kernel, Extracted::from(set, set.kernel_of(column), ids));
    extracted.kernel = std::make_unique<Extracted>(std::move(kernel));
  }
  TRY(Extracted own, Extracted::from(set, column, ids, extracted.kernel.get()));
  extracted.own = std::make_unique<Extracted>(std::move(own));
  return extracted;
}

std::string difference_from(const Source& source, const kernels::Set& set) {
  const auto column = set.find(source.column.label, source.column.module);
  if (!column) return "the set does not have it";
  const auto ids = [&](Extracted::Ids which) -> std::string {
    const auto extracted = extract(set, *column, which);
    if (!extracted) return extracted.error().message;
    if (which == Extracted::Ids::original &&
        !std::ranges::equal(extracted->own->bytes(), source.bytes)) {
      return "its bytes are not the original's";
    }
    return difference({.blob = source.bytes, .base = source.base()},
                      {.blob = extracted->own->bytes(), .base = extracted->base()});
  };
  std::string text = ids(Extracted::Ids::any);
  if (text.empty() && set.columns()[*column].keeps_ids) text = ids(Extracted::Ids::original);
  return text;
}

std::vector<std::string_view> essential_names(const btf::View& btf, std::span<const TypeId> types) {
  std::vector<std::string_view> names;
  for (const TypeId type : types) {
    const std::string_view name = btf.name(type);
    if (!name.empty()) names.push_back(name.substr(0, btf::essential_length(name)));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

SlicedTarget::SlicedTarget(kernels::Slicer& slicer, const kernels::Set& set, std::size_t kernel,
                           const kernels::Names& names)
    : kernel_(must(slicer.slice(kernel, names))),
      nothing_(must(btf::Builder(set.columns()[kernel].order).blob())) {
  empty_.emplace(must(btf::View::open(nothing_)));
  for (const std::size_t module : set.modules_of(kernel)) {
    auto slice = must(slicer.slice(module, names));
    if (slice == nullptr) continue;
    module_list_.push_back({.name = set.columns()[module].module, .btf = &slice->btf});
    modules_.push_back(std::move(slice));
  }
}

core::Target SlicedTarget::target() const {
  return {.kernel = kernel_ == nullptr ? *empty_ : kernel_->btf,
          .modules = [this]() -> Result<std::span<const core::Module>> {
            return std::span<const core::Module>(module_list_);
          }};
}

bool is_alike(const core::Decision& a, const core::Decision& b, bool with_ids) {
  if (is_type_id(a) && !with_ids && is_of_several(a)) return true;
  if (a.outcome != b.outcome || a.reason != b.reason) return false;
  if (a.local_value != b.local_value) return false;
  // Of several candidates the first is asked, and types of different names (X, X___y) have no
  // order.
  if (a.considered.size() < 2 && a.field_size_changed != b.field_size_changed) return false;
  if (is_type_id(a) && !with_ids) return true;
  return a.new_value == b.new_value && a.after == b.after;
}

std::string text_of(const core::Decision& decision) {
  std::string text(name(decision.outcome));
  if (decision.new_value) text += fmt::format(" {}", *decision.new_value);
  if (decision.reason != core::Reason::none) text += fmt::format(" {}", name(decision.reason));
  if (!decision.detail.empty()) text += fmt::format(" ({})", decision.detail);
  return text + fmt::format(", {} candidates", decision.considered.size());
}

}  // namespace btfreloc::test
