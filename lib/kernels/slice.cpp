#include "kernels/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "kernels/assembler.h"
#include "kernels/content_bytes.h"
#include "kernels/field_slices.h"
#include "kernels/hash.h"
#include "kernels/set_reader.h"

namespace btfreloc::kernels {
namespace {

/// The first of these that a kernel has tells readers the size of its pointers.
/// Source: determine_ptr_size() in libbpf, src/btf.c.
constexpr auto kPointerSizes = std::to_array<std::string_view>(
    {"long unsigned int", "long int", "unsigned long", "long", "int long", "long unsigned",
     "unsigned long int", "unsigned int long", "long int unsigned", "int unsigned long",
     "int long unsigned"});

}  // namespace

struct Slicer::State final : MemberFilter {
  explicit State(const Set& set) : reader(set), field_slices(reader, *this) {}

  using Contents = std::unordered_map<std::uint64_t, Content>;  ///< By symbol and version.

  SetReader reader;
  /// Ordinals of symbols, by what was asked for.
  std::unordered_map<std::string, std::vector<std::uint32_t>> types;
  std::unordered_map<std::string, std::vector<std::uint32_t>> functions;
  Contents contents;
  FieldSlices field_slices;
  /// Names of members, and which of the set's strings are such: the set's, then those of single
  /// records.
  std::vector<std::string> members;
  HashIndex member_index;
  enum class Wanted : std::uint8_t { unknown, no, yes };
  std::array<std::vector<Wanted>, 2> wanted;
  /// Numbers of nodes of the slice that is being cut, by symbol. Those of others are of slices
  /// before.
  struct NodeNumber {
    std::uint32_t slice = 0;
    std::uint32_t number = 0;
  };
  std::vector<NodeNumber> nodes;
  std::uint32_t slice_count = 0;
  /// All slices so far, by what they say.
  std::unordered_multimap<std::uint64_t, SharedSlice> slices;

  void want(std::span<const std::string_view> names) {
    if (std::ranges::equal(names, members)) return;
    members.assign(names.begin(), names.end());
    member_index = {};
    for (std::uint32_t i = 0; i < members.size(); ++i) {
      member_index.insert(hash64(as_bytes(members[i])), i);
    }
    field_slices.restart(!members.empty());
    for (auto& known : wanted) known.clear();
  }

  bool is_wanted(Word string) override {
    const bool is_own = string >= SetReader::kMaxShared;
    const Word number = is_own ? string - SetReader::kMaxShared : string;
    std::vector<Wanted>& known = wanted[is_own ? 1 : 0];
    if (known.size() <= number) known.resize(std::max<std::size_t>(number + 1, known.size() * 2));
    if (known[number] == Wanted::unknown) {
      known[number] = is_member(reader.text(string)) ? Wanted::yes : Wanted::no;
    }
    return known[number] == Wanted::yes;
  }
  bool is_member(std::string_view name) const {
    if (name.empty()) return true;
    return member_index.find(hash64(as_bytes(name)), [&](std::uint32_t number) {
      return members[number] == name;
    }) != HashIndex::kNone;
  }

  Result<const std::vector<std::uint32_t>*> roots(std::string_view name, bool are_types) {
    const auto [it, is_new] = (are_types ? types : functions).try_emplace(std::string(name));
    if (is_new) {
      const Status status =
          are_types ? reader.find_types(name, it->second) : reader.find_functions(name, it->second);
      if (!status) {
        (are_types ? types : functions).erase(it);
        return std::unexpected(status.error());
      }
    }
    return &it->second;
  }

  /// The symbols whose types tell readers of the column how large its pointers are.
  Result<std::vector<std::uint32_t>> pointer_sizes(std::size_t column) {
    std::vector<std::uint32_t> symbols;
    for (const std::string_view name : kPointerSizes) {
      TRY(const auto* roots, this->roots(name, true));
      for (const std::uint32_t symbol : *roots) {
        TRY(const auto count, field_slices.count(column, symbol));
        if (count.all != 0) symbols.push_back(symbol);
      }
      if (!symbols.empty()) break;
    }
    return symbols;
  }

  /// Null when the column has none of the names, unless it may be empty.
  Result<SharedSlice> cut(std::size_t column, const Names& names, bool may_be_empty);
  Result<std::vector<SharedSlice>> cut_each(std::size_t column, const Names& names);

  /// All that a version says.
  Result<const Content*> content(std::uint32_t symbol, std::uint32_t version) {
    const std::uint64_t key = std::uint64_t{symbol} << 32 | version;
    if (const auto found = contents.find(key); found != contents.end()) return &found->second;
    Content content;
    TRY_OK(reader.content(symbol, version, content));
    return &(contents[key] = std::move(content));
  }

  /// The slice that says this; opens it if there is none.
  Result<SharedSlice> shared(std::vector<std::byte> bytes) {
    const std::uint64_t hash = hash64(bytes);
    const auto [first, last] = slices.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second->bytes == bytes) return it->second;
    }
    TRY(btf::View view, btf::View::open(bytes));
    auto slice = std::make_shared<const Slice>(std::move(bytes), std::move(view));
    slices.emplace(hash, slice);
    return slice;
  }
};

namespace {

/// One slice while it is cut: follows references from the roots, and writes what they reach.
template <class State>
class Cutter final : Assembler::Symbols {
 public:
  Cutter(State& state, std::size_t column)
      : state_(state),
        column_(column),
        kernel_(state.reader.set().kernel_of(column)),
        number_(++state.slice_count),
        assembler_(state.reader, state.reader.entry(column).column.order) {
    state.nodes.resize(state.reader.symbol_count());
  }

  /// What of a type is written. They add up.
  struct Reach {
    bool members = false;   ///< What field relocations look at.
    bool pointee = false;   ///< What is seen through a pointer: no members.
    bool compared = false;  ///< All of it.

    bool covers(Reach other) const {
      return members >= other.members && pointee >= other.pointee && compared >= other.compared;
    }
    friend Reach operator|(Reach a, Reach b) {
      return {.members = a.members || b.members,
              .pointee = a.pointee || b.pointee,
              .compared = a.compared || b.compared};
    }
  };

  /// The column's own types of a symbol, all of them. False when there are none.
  Result<bool> add_root(std::uint32_t symbol, Reach reach) {
    TRY(const std::size_t node, node_of(symbol));
    const std::uint32_t own = nodes_[node].own;
    for (std::uint32_t nth = 0; nth < own; ++nth) TRY_OK(reached(symbol, nth, reach));
    return own != 0;
  }

  /// All types of a symbol, the kernel's included.
  Status add_any(std::uint32_t symbol, Reach reach) {
    TRY(const std::size_t node, node_of(symbol));
    const std::size_t all = nodes_[node].versions.size();
    for (std::uint32_t nth = 0; nth < all; ++nth) TRY_OK(reached(symbol, nth, reach));
    return {};
  }

  Result<std::vector<std::byte>> cut() {
    while (next_ < queue_.size()) {
      const Task task = queue_[next_++];
      TRY_OK(write(task));
      if (assembler_.next_id() > kMaxSliceTypes) {
        return fail(Errc::out_of_range,
                    fmt::format("more than {} types in a slice", kMaxSliceTypes));
      }
    }
    if (state_.reader.tells_signs(column_)) assembler_.write_sign_teller();
    return assembler_.blob();
  }

 private:
  /// A symbol in this kernel: the module's types, then the kernel's.
  struct Node {
    std::uint32_t symbol;
    std::uint32_t own = 0;  ///< Of the versions, the first so many are of the column itself.
    SetReader::Versions versions = {};
    std::uint32_t first = 0;  ///< Index into types_.
  };
  struct Type {
    std::uint32_t id = 0;
    Reach reach = {};
    bool is_queued = false;
  };
  struct Task {
    std::uint32_t node;
    std::uint32_t nth;
  };

  /// Index into nodes_.
  Result<std::size_t> node_of(std::uint32_t symbol) {
    auto& known = state_.nodes[symbol];
    if (known.slice == number_) return known.number;
    Node node{.symbol = symbol, .first = static_cast<std::uint32_t>(types_.size())};
    for (const std::size_t column : {column_, kernel_}) {
      TRY(const auto versions, state_.reader.versions_in(symbol, column));
      for (const std::uint32_t version : versions) node.versions.push_back(version);
      if (column == column_) node.own = static_cast<std::uint32_t>(versions.size());
      if (column_ == kernel_) break;
    }
    types_.resize(types_.size() + node.versions.size());
    nodes_.push_back(std::move(node));
    known = {.slice = number_, .number = static_cast<std::uint32_t>(nodes_.size() - 1)};
    return nodes_.size() - 1;
  }

  /// Called for what the content that is being written refers to.
  Result<std::uint32_t> id_of(Word symbol, Word nth, bool is_pointee) override {
    return reached(symbol, nth, is_pointee ? Reach{.pointee = true} : writing_);
  }

  Result<std::uint32_t> reached(Word symbol, Word nth, Reach reach) {
    TRY(const std::size_t node, node_of(symbol));
    if (nth >= nodes_[node].versions.size()) {
      return fail(Errc::bad_format, fmt::format("it lacks symbol {} of the set", symbol));
    }
    Type& type = types_[nodes_[node].first + nth];
    if (type.id == 0) type.id = assembler_.new_id();
    if (!type.reach.covers(reach)) {
      type.reach = type.reach | reach;
      // What is still waiting is written as far as it is wanted then.
      if (!std::exchange(type.is_queued, true)) {
        queue_.push_back({.node = static_cast<std::uint32_t>(node), .nth = nth});
      }
    }
    return type.id;
  }

  Status write(Task task) {
    const std::uint32_t symbol = nodes_[task.node].symbol;
    const std::uint32_t version = nodes_[task.node].versions[task.nth];
    Type& type = types_[nodes_[task.node].first + task.nth];
    type.is_queued = false;
    const std::uint32_t id = type.id;
    const Reach reach = type.reach;
    TRY(const Record* record, state_.reader.first_record(symbol));
    const bool is_composite = btf::is_composite(type_kind(record->kind));
    const bool is_stub = is_composite && !reach.members && !reach.compared;
    const bool is_pruned = !reach.compared && (!reach.pointee || is_composite) && !is_stub;
    if (is_lone(record->kind)) {
      return fail(Errc::bad_format,
                  fmt::format("symbol {} of the set is none that types refer to", symbol));
    }
    const Content* content = nullptr;
    if (is_pruned) {
      TRY(const auto* fields, state_.field_slices.fields(symbol, version));
      content = &fields->content;
    } else {
      TRY(content, state_.content(symbol, version));
    }
    if (is_stub) {
      assembler_.write_stub(id, record->kind, record->name, *content);
      return {};
    }
    writing_ = is_pruned
                   ? Reach{.members = true}
                   : Reach{.members = reach.members, .pointee = true, .compared = reach.compared};
    return assembler_.write(id, record->kind, record->name, *content, *this,
                            !is_pruned && !reach.compared && !reach.members);
  }

  State& state_;
  std::size_t column_;
  std::size_t kernel_;
  std::uint32_t number_;
  Assembler assembler_;
  std::vector<Node> nodes_;
  std::vector<Type> types_;
  std::vector<Task> queue_;
  std::size_t next_ = 0;
  Reach writing_;  ///< Of what is being written.
};

}  // namespace

Slicer::Slicer(const Set& set) : state_(std::make_unique<State>(set)) {}
Slicer::Slicer(Slicer&&) noexcept = default;
Slicer& Slicer::operator=(Slicer&&) noexcept = default;
Slicer::~Slicer() = default;

Result<SharedSlice> Slicer::State::cut(std::size_t column, const Names& names, bool may_be_empty) {
  want(names.members);
  Cutter<State> cutter(*this, column);
  bool has_any = false;
  using Reach = Cutter<State>::Reach;
  constexpr Reach kMembers = {.members = true};
  constexpr Reach kCompared = {.members = true, .pointee = true, .compared = true};
  TRY(const auto pointer_size, pointer_sizes(column));
  for (const std::uint32_t symbol : pointer_size) TRY_OK(cutter.add_any(symbol, kMembers));
  const auto add = [&](std::string_view name, bool are_types, Reach reach) -> Status {
    TRY(const auto* roots, this->roots(name, are_types));
    for (const std::uint32_t symbol : *roots) {
      TRY(const bool has, cutter.add_root(symbol, reach));
      has_any |= has;
    }
    return {};
  };
  for (const std::string_view name : names.types) TRY_OK(add(name, true, kMembers));
  for (const std::string_view name : names.compared_types) TRY_OK(add(name, true, kCompared));
  for (const std::string_view name : names.functions) TRY_OK(add(name, false, kCompared));
  if (!has_any && !may_be_empty) return nullptr;
  TRY(auto bytes, cutter.cut());
  return shared(std::move(bytes));
}

Result<std::vector<SharedSlice>> Slicer::State::cut_each(std::size_t column, const Names& names) {
  want(names.members);
  TRY(const auto pointer_size, pointer_sizes(column));
  std::vector<SharedSlice> slices;
  slices.reserve(names.types.size() + names.compared_types.size() + names.functions.size());
  for (const std::string_view name : names.types) {
    TRY(const auto* roots, this->roots(name, true));
    TRY(SharedSlice * slice, field_slices.find(column, pointer_size, *roots));
    if (*slice == nullptr) {
      TRY(auto bytes, field_slices.assemble());
      TRY(*slice, shared(std::move(bytes)));
    }
    slices.push_back(*slice);
  }
  const auto add = [&](const Names& one) -> Status {
    TRY(slices.emplace_back(), cut(column, one, true));
    return {};
  };
  for (const std::string_view& name : names.compared_types) {
    TRY_OK(add({.members = names.members, .compared_types = {&name, 1}}));
  }
  for (const std::string_view& name : names.functions) {
    TRY_OK(add({.members = names.members, .functions = {&name, 1}}));
  }
  return slices;
}

namespace {

/// Says whose the trouble is.
std::unexpected<Error> named(Error error, const SetReader& reader, std::size_t column) {
  error.message = fmt::format("{}: {}", address(reader.set().columns()[column]), error.message);
  return std::unexpected(std::move(error));
}

}  // namespace

Result<SharedSlice> Slicer::slice(std::size_t column, const Names& names) {
  auto slice = state_->cut(column, names, false);
  if (!slice) return named(std::move(slice).error(), state_->reader, column);
  return slice;
}

Result<std::vector<SharedSlice>> Slicer::slices(std::size_t column, const Names& names) {
  auto slices = state_->cut_each(column, names);
  if (!slices) return named(std::move(slices).error(), state_->reader, column);
  return slices;
}

Result<std::vector<std::string>> Slicer::names(bool of_types) {
  std::vector<std::string> names;
  TRY_OK(state_->reader.names(of_types, names));
  std::ranges::sort(names);
  const auto duplicates = std::ranges::unique(names);
  names.erase(duplicates.begin(), duplicates.end());
  return names;
}

}  // namespace btfreloc::kernels
