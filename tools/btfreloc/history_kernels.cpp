#include "btfreloc/history_kernels.h"

#include <sys/utsname.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_label.h"
#include "btfreloc/kernel_list.h"
#include "btfreloc/set_address.h"
#include "kernels/slice.h"

namespace btfreloc::tool {
namespace {

using kernels::Column;
using Space = HistoryKernels::Space;

/// Where a kernel's types come from: a column of a set, or a file that stays open.
struct Origin {
  HistoryKernel kernel;
  std::shared_ptr<const SetFile> set = nullptr;
  std::size_t column = 0;
  std::shared_ptr<const Kernel> opened = nullptr;
};

std::string machine() {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "";
}

/// "6.1.0-47" of "6.1.0-47-cloud-amd64", "6.12.43" of "6.12.43+deb12-amd64".
std::string numbers_of(std::string_view release) {
  std::string_view numbers = release.substr(0, release.find_first_not_of("0123456789.-"));
  while (numbers.ends_with('-') || numbers.ends_with('.')) numbers.remove_suffix(1);
  return std::string(numbers);
}

/// "6.12.43-cloud" of "6.12.43+deb12-cloud-amd64"; the label where that says nothing.
std::string short_name(const Column& column) {
  std::string_view release = column.release;
  // Some flavours begin with a number: "686-pae".
  if (release.ends_with(column.flavour)) release.remove_suffix(column.flavour.size());
  const std::string numbers = column.version.empty() ? numbers_of(release) : column.version;
  if (numbers.empty()) return column.label;
  return column.flavour.empty() ? numbers : numbers + "-" + column.flavour;
}

HistoryKernel describe_kernel(Column column) {
  if (column.release.empty() && looks_like_release(column.label)) column.release = column.label;
  add_facts_of_release(column);
  return {.label = column.label,
          .name = short_name(column),
          .release = column.release,
          .arch = column.arch};
}

/// The kernel of an address: of a set, or of a file, which is opened.
Result<Origin> open_origin(const std::string& address) {
  if (const auto of_set = parse_set_address(address)) {
    TRY(SetKernels found, find_kernels(*of_set));
    const std::size_t column = found.columns[0];
    HistoryKernel kernel = describe_kernel(found.file->column(column));
    kernel.has_modules = !found.file->set().modules_of(column).empty();
    return Origin{.kernel = std::move(kernel), .set = std::move(found.file), .column = column};
  }
  TRY(Kernel kernel, Kernel::open(address, TypeIds::any));
  Column column;
  column.label = kernel.label();
  column.release = kernel.release();
  column.arch = kernel.arch();
  HistoryKernel described = describe_kernel(std::move(column));
  described.has_modules = kernel.may_have_modules();
  return Origin{.kernel = std::move(described),
                .opened = std::make_shared<const Kernel>(std::move(kernel))};
}

/// Kernels of one architecture that would be called alike are called by their labels.
void make_names_differ(std::vector<Origin>& origins) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const Origin& origin : origins) ++counts[{origin.kernel.arch, origin.kernel.name}];
  for (Origin& origin : origins) {
    if (counts[{origin.kernel.arch, origin.kernel.name}] > 1) {
      origin.kernel.name = origin.kernel.label;
    }
  }
}

bool goes_before(const Origin& a, const Origin& b) {
  if (a.kernel.arch != b.kernel.arch) return a.kernel.arch < b.kernel.arch;
  const int order = kernels::compare_releases(a.kernel.release, b.kernel.release);
  return order != 0 ? order < 0 : a.kernel.label < b.kernel.label;
}

bool is_function(std::optional<btf::Kind> kind) {
  return kind == btf::Kind::kFunc || kind == btf::Kind::kVar;
}

/// True for what a name can be asked for: not for sections, tags and declarations without a
/// definition.
bool is_definition(const btf::View& btf, TypeId id, Space space) {
  const auto kind = btf.kind(id);
  if (space == Space::functions) return is_function(kind);
  return kind && *kind != btf::Kind::kFwd && *kind != btf::Kind::kDatasec &&
         *kind != btf::Kind::kDeclTag && *kind != btf::Kind::kTypeTag && !is_function(kind);
}

/// True for a struct of which a slice has only the name and size.
bool is_stub(const btf::View& btf, TypeId id) {
  const auto kind = btf.kind(id);
  return kind && btf::is_composite(*kind) && btf.info(id).vlen == 0 && btf.third_word(id) != 0;
}

void add_definition(FoundTypes& found, const btf::View& btf, TypeId id, std::string_view module) {
  if (found.definitions.size() == kMaxDefinitions) {
    ++found.left_out;
    return;
  }
  found.definitions.push_back({.btf = &btf, .type = id, .module = std::string(module)});
}

/// Adds those of an opened kernel or module.
void add_named(FoundTypes& found, const btf::View& btf, std::string_view name, Space space,
               std::string_view module) {
  const std::string_view essential = name.substr(0, btf::essential_length(name));
  for (const TypeId id : btf.named(essential)) {
    if (btf.name(id) == name && is_definition(btf, id, space)) {
      add_definition(found, btf, id, module);
    }
  }
}

/// Adds those of a slice, which has few types, and is often asked for one name only.
void add_sliced(FoundTypes& found, const kernels::SharedSlice& slice, std::string_view name,
                Space space, std::string_view module) {
  for (std::uint32_t id = 1; id < slice->btf.size(); ++id) {
    const TypeId type{id};
    if (slice->btf.string_is(slice->btf.name_offset(type), name) &&
        is_definition(slice->btf, type, space) && !is_stub(slice->btf, type)) {
      add_definition(found, slice->btf, type, module);
    }
  }
  found.owners.push_back(slice);
}

void add_names(const btf::View& btf, Space space, std::set<std::string>& names) {
  for (std::uint32_t id = btf.first_id().value; id < btf.size(); ++id) {
    if (is_definition(btf, TypeId{id}, space)) names.emplace(btf.name(TypeId{id}));
  }
}

}  // namespace

struct HistoryKernels::State {
  /// What a name stands for in slices that were looked at.
  struct Known {
    std::unordered_map<const kernels::Slice*, std::shared_ptr<const FoundTypes>> of_slice;
    std::unordered_map<std::size_t, std::shared_ptr<const FoundTypes>> of_kernel;
  };

  std::vector<HistoryKernel> kernels;
  std::vector<Origin> origins;  ///< Beside `kernels`.
  std::size_t asked_for = 0;
  bool modules = false;
  bool had_trouble = false;
  std::map<const SetFile*, kernels::Slicer> slicers;
  std::map<std::pair<std::string, Space>, Known> known;

  kernels::Slicer& slicer(const SetFile& set) {
    return slicers.try_emplace(&set, set.set()).first->second;
  }

  Result<kernels::SharedSlice> slice(const SetFile& set, std::size_t column, std::string_view name,
                                     Space space) {
    const std::string_view essential = name.substr(0, btf::essential_length(name));
    kernels::Names names;
    if (space == Space::types) {
      names.compared_types = {&essential, 1};
    } else {
      names.functions = {&name, 1};
    }
    auto slice = slicer(set).slice(column, names);
    if (!slice) return std::unexpected(set.in_file(std::move(slice).error()));
    return slice;
  }

  Status add_modules_of_set(const Origin& origin, std::string_view name, Space space,
                            FoundTypes& found) {
    for (const std::size_t column : origin.set->set().modules_of(origin.column)) {
      TRY(const auto slice, this->slice(*origin.set, column, name, space));
      if (slice != nullptr) {
        add_sliced(found, slice, name, space, origin.set->column(column).module);
      }
    }
    return {};
  }

  Result<std::shared_ptr<const FoundTypes>> find_in_set(const Origin& origin, std::string_view name,
                                                        Space space, Known& known_names) {
    TRY(const auto slice, this->slice(*origin.set, origin.column, name, space));
    if (slice != nullptr && !modules) {
      auto& known_slice = known_names.of_slice[slice.get()];
      if (known_slice == nullptr) {
        FoundTypes found;
        add_sliced(found, slice, name, space, "");
        known_slice = std::make_shared<const FoundTypes>(std::move(found));
      }
      if (!known_slice->definitions.empty()) return known_slice;
    }
    FoundTypes found;
    if (slice != nullptr) add_sliced(found, slice, name, space, "");
    TRY_OK(add_modules_of_set(origin, name, space, found));
    return std::make_shared<const FoundTypes>(std::move(found));
  }

  Result<std::shared_ptr<const FoundTypes>> find_in_file(const Origin& origin,
                                                         std::string_view name, Space space) const {
    FoundTypes found;
    found.owners.push_back(origin.opened);
    add_named(found, origin.opened->btf(), name, space, "");
    const core::Target target = origin.opened->target();
    if ((found.definitions.empty() || modules) && target.modules) {
      TRY(const auto opened, target.modules());
      for (const core::Module& module : opened) {
        add_named(found, *module.btf, name, space, module.name);
      }
    }
    return std::make_shared<const FoundTypes>(std::move(found));
  }

  /// Those of the architecture that is asked for go first: this machine's, unless no kernel is of
  /// it. Where nothing tells a kernel's architecture, it is taken to be right.
  Status choose(const std::string& arch) {
    const std::string wanted = arch.empty() ? machine() : arch;
    const auto is_wanted = [&](const Origin& origin) {
      return arch == "all" || origin.kernel.arch == wanted || origin.kernel.arch.empty();
    };
    auto others = std::ranges::stable_partition(origins, is_wanted);
    if (others.begin() == origins.begin() && arch.empty()) others = {};
    asked_for = origins.size() - others.size();
    if (asked_for != 0) return {};
    std::set<std::string> archs;
    for (const Origin& origin : origins) archs.insert(origin.kernel.arch);
    std::string names;
    for (const std::string& name : archs) names += (names.empty() ? "" : ", ") + name;
    return fail(Errc::not_found, "none of the kernels is of the architecture " + wanted, {},
                "there are kernels of " + names + "; `--arch all` is all of them");
  }
};

HistoryKernels::HistoryKernels(std::unique_ptr<State> state) : state_(std::move(state)) {}
HistoryKernels::HistoryKernels(HistoryKernels&&) noexcept = default;
HistoryKernels& HistoryKernels::operator=(HistoryKernels&&) noexcept = default;
HistoryKernels::~HistoryKernels() = default;

Result<HistoryKernels> HistoryKernels::open(const Options& options) {
  TRY(const std::vector<std::string> addresses, kernel_addresses(options.kernels));
  auto state = std::make_unique<State>();
  state->modules = options.modules;
  std::set<std::string> seen;
  std::optional<Error> last_error;
  for (const std::string& address : addresses) {
    if (!seen.insert(address).second) continue;
    auto origin = open_origin(address);
    if (origin) {
      state->origins.push_back(*std::move(origin));
      continue;
    }
    if (last_error) print(*last_error);
    last_error = std::move(origin).error();
  }
  if (last_error && state->origins.empty()) return std::unexpected(*std::move(last_error));
  if (last_error) print(*last_error);
  state->had_trouble = last_error.has_value();
  std::ranges::sort(state->origins, goes_before);
  make_names_differ(state->origins);
  TRY_OK(state->choose(options.arch));
  for (const Origin& origin : state->origins) state->kernels.push_back(origin.kernel);
  return HistoryKernels(std::move(state));
}

std::span<const HistoryKernel> HistoryKernels::kernels() const { return state_->kernels; }
std::size_t HistoryKernels::asked_for() const { return state_->asked_for; }
bool HistoryKernels::had_trouble() const { return state_->had_trouble; }

Result<std::shared_ptr<const FoundTypes>> HistoryKernels::find(std::size_t kernel,
                                                               std::string_view name, Space space) {
  State::Known& known = state_->known[{std::string(name), space}];
  if (const auto found = known.of_kernel.find(kernel); found != known.of_kernel.end()) {
    return found->second;
  }
  const Origin& origin = state_->origins[kernel];
  TRY(auto found, origin.set != nullptr ? state_->find_in_set(origin, name, space, known)
                                        : state_->find_in_file(origin, name, space));
  known.of_kernel.emplace(kernel, found);
  return found;
}

Result<std::vector<std::string>> HistoryKernels::names(Space space) {
  std::set<std::string> names;
  std::set<const SetFile*> read;
  for (const Origin& origin : state_->origins) {
    if (origin.opened != nullptr) {
      add_names(origin.opened->btf(), space, names);
    } else if (read.insert(origin.set.get()).second) {
      auto found = state_->slicer(*origin.set).names(space == Space::types);
      if (!found) return std::unexpected(origin.set->in_file(std::move(found).error()));
      names.insert(found->begin(), found->end());
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace btfreloc::tool
