#include "kernels/editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "btf/signs.h"
#include "kernels/catalogue.h"
#include "kernels/intern.h"
#include "kernels/read_catalogue.h"
#include "kernels/set_state.h"
#include "kernels/set_writer.h"

namespace btfreloc::kernels {
namespace {

/// Tells one BTF from another without keeping it.
std::uint64_t fingerprint(const btf::View& btf) {
  if (btf.own_count() == 0) return hash64(btf.strings());
  const Bytes types(btf.record(btf.first_id()).data(), btf.header().types_size);
  return hash64(types) * 31 + hash64(btf.strings());
}

}  // namespace

struct Editor::State {
  const Set* old = nullptr;
  std::uint32_t old_columns = 0;
  bool was_cut = false;  ///< Something of the old set was taken away.
  Catalogue catalogue;
  std::vector<std::vector<std::byte>> originals;  ///< By column; empty unless it keeps its ids.

  /// The kernel whose modules are being added: they refer to its types by id.
  struct Kernel {
    std::uint32_t column;
    std::uint64_t fingerprint;
    InternedTypes types;
  };
  std::optional<Kernel> kernel;

  std::optional<std::uint32_t> find(std::string_view label, std::string_view module) const {
    for (std::uint32_t i = 0; i < catalogue.columns.size(); ++i) {
      const Column& column = catalogue.columns[i];
      if (catalogue.is_live[i] && column.label == label && column.module == module) return i;
    }
    return std::nullopt;
  }

  static void describe(Column& column, const btf::View& btf) {
    column.order = btf.order();
    column.pointer_size = static_cast<std::uint8_t>(btf.pointer_size().value);
    column.tells_signs = btf::tells_signs(btf);
    column.types = btf.own_count();
  }

  /// Puts BTF into a new column. When there is one of that name, and it says the same, the new one
  /// is dropped.
  Result<Added> put(Column column, const btf::View& btf, Bytes bytes,
                    std::optional<std::uint32_t> kernel_column, const InternedTypes* base,
                    InternedTypes* types) {
    describe(column, btf);
    const auto there = find(column.label, column.module);
    const std::string name = address(column);
    const bool keeps_ids = column.keeps_ids;
    const std::uint32_t number = catalogue.add_column(std::move(column), kernel_column);
    originals.emplace_back();
    InternedTypes interned = intern(btf, base, catalogue);
    if (there) {
      catalogue.is_live[number] = false;
      const Column& other = catalogue.columns[*there];
      if (other.order != btf.order() || !catalogue.are_equal(*there, number)) {
        return fail(Errc::bad_format,
                    fmt::format("the set has another {} with the label `{}`",
                                kernel_column ? "module" : "kernel", printable(name)),
                    {}, "give this one another (--label), or remove that one first");
      }
    } else if (keeps_ids) {
      originals.back().assign(bytes.begin(), bytes.end());
    }
    if (types != nullptr) *types = std::move(interned);
    return there ? Added::was_there : Added::yes;
  }

  /// What the types of a kernel in the set are, by the ids of `btf`, which is its BTF.
  Status open_kernel(std::uint32_t column, const btf::View& btf) {
    const std::uint64_t print = fingerprint(btf);
    if (kernel && kernel->column == column && kernel->fingerprint == print) return {};
    TRY_OK(check_internable(btf));
    InternedTypes types;
    auto same = put(Column(catalogue.columns[column]), btf, {}, std::nullopt, nullptr, &types);
    if (!same) {
      return fail(Errc::bad_format,
                  fmt::format("the module is of another kernel than `{}` of the set",
                              printable(catalogue.columns[column].label)),
                  {}, "add it together with its own kernel");
    }
    kernel = Kernel{.column = column, .fingerprint = print, .types = std::move(types)};
    return {};
  }
};

Editor::Editor() : state_(std::make_unique<State>()) {}
Editor::Editor(Editor&&) noexcept = default;
Editor& Editor::operator=(Editor&&) noexcept = default;
Editor::~Editor() = default;

Result<Editor> Editor::of(const Set& set) {
  Editor editor;
  TRY(editor.state_->catalogue, read_catalogue(set));
  editor.state_->old = &set;
  editor.state_->old_columns = static_cast<std::uint32_t>(set.columns().size());
  editor.state_->originals.resize(set.columns().size());
  return editor;
}

Result<Editor::Added> Editor::add(Column column, const btf::View& kernel, Bytes bytes) {
  if (column.label.empty() || column.label.contains('/') || column.is_module()) {
    return fail(Errc::bad_format, "a kernel needs a label without `/`", {},
                "give it one (--label)");
  }
  TRY_OK(check_internable(kernel));
  const std::string label = column.label;
  InternedTypes types;
  TRY(const Added added,
      state_->put(std::move(column), kernel, bytes, std::nullopt, nullptr, &types));
  state_->kernel = State::Kernel{.column = *state_->find(label, {}),
                                 .fingerprint = fingerprint(kernel),
                                 .types = std::move(types)};
  return added;
}

Result<Editor::Added> Editor::add_module(Column column, const btf::View& module, Bytes bytes) {
  const auto kernel = state_->find(column.label, {});
  if (!kernel || module.base() == nullptr) {
    return fail(Errc::not_found,
                fmt::format("the set has no kernel `{}` for its module `{}`",
                            printable(column.label), printable(column.module)),
                {}, "add the kernel first");
  }
  if (column.keeps_ids && !state_->catalogue.columns[*kernel].keeps_ids) {
    return fail(Errc::unsupported,
                fmt::format("the set does not keep the type ids of the module's kernel `{}`",
                            printable(column.label)),
                {}, "remove the kernel, and add both with --keep-ids");
  }
  TRY_OK(check_internable(module));
  TRY_OK(state_->open_kernel(*kernel, *module.base()));
  return state_->put(std::move(column), module, bytes, kernel, &state_->kernel->types, nullptr);
}

Status Editor::remove(std::string_view label, std::string_view module) {
  bool found = false;
  Catalogue& catalogue = state_->catalogue;
  for (std::uint32_t i = 0; i < catalogue.columns.size(); ++i) {
    const Column& column = catalogue.columns[i];
    if (!catalogue.is_live[i] || column.label != label) continue;
    if (!module.empty() && column.module != module) continue;
    catalogue.is_live[i] = false;
    if (i < state_->old_columns) state_->was_cut = true;
    found = true;
  }
  if (found) return {};
  return fail(Errc::not_found,
              fmt::format("the set has no {} `{}{}{}`", module.empty() ? "kernel" : "module",
                          printable(label), module.empty() ? "" : "/", printable(module)));
}

std::vector<Column> Editor::columns() const {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < state_->catalogue.columns.size(); ++i) {
    if (state_->catalogue.is_live[i]) columns.push_back(state_->catalogue.columns[i]);
  }
  return columns;
}

Result<std::vector<std::byte>> Editor::packed() const {
  return write_set({.catalogue = state_->catalogue,
                    .originals = state_->originals,
                    .old = state_->old,
                    .appends = false});
}

Result<std::vector<std::byte>> Editor::appended() const {
  if (state_->old == nullptr || state_->was_cut) {
    return fail(Errc::unsupported,
                "only an existing set is added to, and nothing is taken away so");
  }
  return write_set({.catalogue = state_->catalogue,
                    .originals = state_->originals,
                    .old = state_->old,
                    .appends = true});
}

}  // namespace btfreloc::kernels
