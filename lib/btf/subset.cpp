#include "btf/subset.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "btf/builder.h"

namespace btfreloc::btf {

void Selection::add_record(const View& btf, TypeId id, std::uint32_t index) {
  entry(btf, id).records.push_back(index);
}

void Selection::add_record_behind(const View& btf, TypeId id, std::uint32_t index) {
  if (!has(btf, id)) return;
  std::vector<std::uint32_t>& records = entry(btf, id).records;
  if (std::ranges::find(records, index) == records.end()) return;
  if (std::ranges::max(records) == index) records.push_back(index + 1);
}

void Selection::reserve(std::string_view essential_name, KindSet kinds) {
  reserved_[std::string(essential_name)] |= kinds;
}

const Selection::Entry* Selection::find(const View& btf, TypeId id) const {
  const auto found = entries_.find({&owner(btf, id), id});
  return found == entries_.end() ? nullptr : &found->second;
}

/// Finds what the selected types need, numbers all of it, and writes it.
class SubsetWriter {
 public:
  SubsetWriter(const Selection& selection, std::span<const View* const> views)
      : selection_(selection), views_(views), builder_(views.front()->order()) {
    for (std::uint32_t i = 0; i < views.size(); ++i) numbers_.emplace(views[i], i);
  }

  Result<std::vector<std::byte>> run() {
    for (const auto& [key, kept] : selection_.entries_) {
      need(Node{numbers_.at(key.btf), key.type, false});
    }
    while (!queue_.empty()) {
      const Node node = queue_.back();
      queue_.pop_back();
      for_each_target(node, [&](const View& from, TypeId to, bool with_pointees) {
        const auto target = resolve(from, to, with_pointees);
        if (!target) return;
        need(*target);
        if (members_of(from.decode(node.type))) of_members_.insert(target->pack());
      });
    }
    std::ranges::sort(nodes_);
    if (has_pointers_) need_pointer_size();
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) ids_[nodes_[i].pack()] = i + 1;
    find_signs();
    begin_strings();
    for (const Node& node : nodes_) write(node);
    return builder_.blob();
  }

 private:
  /// A type of the output. Types without a name may be needed with and without pointees.
  struct Node {
    std::uint32_t view;
    TypeId type;  ///< 0: a pointer to void, which stands for all pointers without pointees.
    bool with_pointees;

    std::uint64_t pack() const {
      return std::uint64_t{view} << 33 | std::uint64_t{type.value} << 1 | (with_pointees ? 1 : 0);
    }
    friend auto operator<=>(const Node&, const Node&) = default;
  };

  void need(const Node& node) {
    if (!ids_.try_emplace(node.pack(), 0).second) return;
    nodes_.push_back(node);
    queue_.push_back(node);
    if (node.type.value == 0 || view(node).kind(node.type) == Kind::kPtr) has_pointers_ = true;
  }

  /// Readers go by the first `long`, as a rule one that is there already.
  void need_pointer_size() {
    const View& kernel = *views_.front();
    const auto first = std::ranges::find_if(nodes_, [this](const Node& node) {
      return node.type.value != 0 && view(node).is_long(node.type) && may_have_name(node);
    });
    const std::uint64_t size = kernel.pointer_size().value;
    if (first != nodes_.end() && view(*first).third_word(first->type) == size) return;
    const TypeId type = kernel.pointer_size_type();
    if (type.value == 0) return;
    need(Node{0, type, false});
    std::ranges::sort(nodes_);
  }

  void find_signs() {
    tells_signs_ = std::ranges::any_of(nodes_, [this](const Node& node) {
      if (node.type.value == 0) return false;
      const auto kind = view(node).kind(node.type);
      return kind == Kind::kEnum64 || (kind == Kind::kEnum && view(node).info(node.type).kind_flag);
    });
  }

  bool is_made_signed(const Node& node) const {
    return tells_signs_ && selection_.signed_.contains({&view(node), node.type});
  }

  /// libbpf 1.1 asks the type of any field whether it is signed by the encoding of an INT, the word
  /// behind its header; behind the last type, these are the first strings. Begins with one that
  /// says no, as what is behind the type in the kernel does. Later versions ask only INTs.
  void begin_strings() {
    if (nodes_.empty() || !ends_with_a_field()) return;
    for (const Node& node : nodes_) {
      for (const std::string_view name : names(node)) {
        // The third character, behind the empty string, is the byte with the encoding; in big
        // endian it is the empty string, which is never signed.
        if (name.size() < 2 || (name.size() > 2 && (name[2] & kIntSigned) != 0)) continue;
        builder_.string(name);
        return;
      }
    }
    builder_.string("no");
  }

  /// True when the last type is that of some member, and has no words behind its header.
  bool ends_with_a_field() const {
    const Node& last = nodes_.back();
    if (!of_members_.contains(last.pack())) return false;
    switch (*view(last).kind(last.type)) {
      case Kind::kStruct:
      case Kind::kUnion:
      case Kind::kEnum:
      case Kind::kEnum64: return records(last).empty();
      case Kind::kPtr:
      case Kind::kFwd:
      case Kind::kFloat: return true;
      default: return false;
    }
  }

  /// The strings that a type of the output brings along.
  std::vector<std::string_view> names(const Node& node) const {
    std::vector<std::string_view> found;
    if (node.type.value == 0) return found;
    const View& from = view(node);
    if (may_have_name(node)) found.push_back(from.name(node.type));
    const Type type = from.decode(node.type);
    const auto add = [&](const auto& all) {
      for (const std::uint32_t i : records(node)) found.push_back(from.string(all[i].name));
    };
    if (const auto members = members_of(type)) {
      add(*members);
    } else if (const auto* e = std::get_if<Enum>(&type)) {
      add(e->values);
    } else if (const auto* e64 = std::get_if<Enum64>(&type)) {
      add(e64->values);
    }
    return found;
  }

  const View& view(const Node& node) const { return *views_[node.view]; }

  /// What a reference means in the output; nullopt for void.
  std::optional<Node> resolve(const View& from, TypeId to, bool with_pointees) const {
    const TypeId id = from.skip_modifiers_and_typedefs(to);
    const auto kind = from.kind(id);
    if (id.value == 0 || !kind) return std::nullopt;
    if (kind == Kind::kPtr && !with_pointees) return Node{0, TypeId{0}, false};
    const bool is_nameless = kind == Kind::kPtr || kind == Kind::kArray || kind == Kind::kFuncProto;
    return Node{numbers_.at(&Selection::owner(from, id)), id, is_nameless && with_pointees};
  }

  /// Calls f(view, id, with_pointees) for what a type of the output refers to.
  template <class F>
  void for_each_target(const Node& node, F&& f) const {
    if (node.type.value == 0) return;
    const View& from = view(node);
    const Type type = from.decode(node.type);
    const bool with_pointees = has_pointees(node);
    if (const auto* array = std::get_if<Array>(&type)) {
      f(from, array->type, with_pointees);
      f(from, array->index_type, false);
    } else if (const auto* proto = std::get_if<FuncProto>(&type)) {
      f(from, proto->return_type, with_pointees);
      for (const Param param : proto->params) f(from, param.type, with_pointees);
    } else if (const auto members = members_of(type)) {
      for (const std::uint32_t i : records(node)) f(from, (*members)[i].type, with_pointees);
    } else if (traits(*from.kind(node.type)).third == ThirdWord::type) {
      f(from, TypeId{from.third_word(node.type)}, with_pointees);
    }
  }

  bool has_pointees(const Node& node) const {
    return node.with_pointees || selection_.with_pointees_.contains({&view(node), node.type});
  }

  static std::optional<Records<Member>> members_of(const Type& type) {
    if (const auto* s = std::get_if<Struct>(&type)) return s->members;
    if (const auto* u = std::get_if<Union>(&type)) return u->members;
    return std::nullopt;
  }

  /// Indices of the members or enumerators that are kept, ascending.
  std::vector<std::uint32_t> records(const Node& node) const {
    const auto* const kept = selection_.find(view(node), node.type);
    if (kept == nullptr) return {};
    std::vector<std::uint32_t> sorted = kept->records;
    if (kept->has_all_records) {
      sorted.resize(view(node).info(node.type).vlen);
      std::iota(sorted.begin(), sorted.end(), 0U);
      return sorted;
    }
    std::ranges::sort(sorted);
    sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
    return sorted;
  }

  TypeId id_of(const View& from, TypeId to, bool with_pointees) const {
    const auto target = resolve(from, to, with_pointees);
    return target ? TypeId{ids_.at(target->pack())} : TypeId{0};
  }

  StrOff string(const Node& node, StrOff offset) {
    return builder_.string(view(node).string(offset));
  }

  bool may_have_name(const Node& node) const {
    const View& from = view(node);
    if (selection_.reserved_.empty() || selection_.named_.contains({&from, node.type})) return true;
    const Info info = from.info(node.type);
    if (info.kind == static_cast<std::uint8_t>(Kind::kFwd)) return true;
    const std::string_view full = from.name(node.type);
    const auto reserved =
        selection_.reserved_.find(std::string(full.substr(0, essential_length(full))));
    return reserved == selection_.reserved_.end() || !reserved->second.has(info.kind);
  }

  void write(const Node& node) {
    if (node.type.value == 0) {
      builder_.add(Ptr{});
      return;
    }
    const View& from = view(node);
    const bool with_pointees = has_pointees(node);
    const Type type = from.decode(node.type);
    const StrOff name = may_have_name(node) ? string(node, from.name_offset(node.type)) : StrOff{0};
    const ByteCount size{from.third_word(node.type)};
    if (const auto members = members_of(type)) return write_composite(node, *members, name, size);
    if (const auto* e = std::get_if<Enum>(&type)) {
      builder_.add_enum(name, size, e->is_signed || is_made_signed(node),
                        enumerators(node, e->values));
    } else if (const auto* e64 = std::get_if<Enum64>(&type)) {
      builder_.add_enum64(name, size, e64->is_signed, enumerators(node, e64->values));
    } else if (std::holds_alternative<Datasec>(type)) {
      builder_.add_datasec(name, size, {});
    } else if (const auto* proto = std::get_if<FuncProto>(&type)) {
      std::vector<Param> params;
      for (const Param param : proto->params) {
        params.push_back({.name = {}, .type = id_of(from, param.type, with_pointees)});
      }
      builder_.add_func_proto(id_of(from, proto->return_type, with_pointees), params);
    } else if (const auto* array = std::get_if<Array>(&type)) {
      builder_.add(Array{.type = id_of(from, array->type, with_pointees),
                         .index_type = id_of(from, array->index_type, false),
                         .nr_elems = array->nr_elems});
    } else if (const auto* tag = std::get_if<DeclTag>(&type)) {
      // On the type itself: its member or parameter may be gone.
      builder_.add(DeclTag{.name = name,
                           .type = id_of(from, tag->type, with_pointees),
                           .component = -1,
                           .is_attribute = tag->is_attribute});
    } else {
      builder_.copy(
          from, node.type, [&](TypeId to) { return id_of(from, to, with_pointees); },
          [&](StrOff) { return name; });
    }
  }

  void write_composite(const Node& node, const Records<Member>& members, StrOff name,
                       ByteCount size) {
    const View& from = view(node);
    const bool with_pointees = has_pointees(node);
    std::vector<Member> kept;
    for (const std::uint32_t i : records(node)) {
      Member member = members[i];
      member.name = string(node, member.name);
      member.type = id_of(from, member.type, with_pointees);
      kept.push_back(member);
    }
    if (from.kind(node.type) == Kind::kStruct) {
      builder_.add_struct(name, size, kept);
    } else {
      builder_.add_union(name, size, kept);
    }
  }

  template <class R>
  std::vector<Enumerator> enumerators(const Node& node, const Records<R>& values) {
    std::vector<Enumerator> kept;
    for (const std::uint32_t i : records(node)) {
      Enumerator value = values[i];
      value.name = string(node, value.name);
      kept.push_back(value);
    }
    return kept;
  }

  const Selection& selection_;
  std::span<const View* const> views_;
  std::unordered_map<const View*, std::uint32_t> numbers_;  ///< Index into views_.
  Builder builder_;
  std::vector<Node> nodes_;
  std::vector<Node> queue_;                               ///< Whose targets are still to be found.
  std::unordered_map<std::uint64_t, std::uint32_t> ids_;  ///< By Node::pack(); 0: not yet.
  std::unordered_set<std::uint64_t> of_members_;          ///< Types of members, by Node::pack().
  bool has_pointers_ = false;
  bool tells_signs_ = false;  ///< Some enum is signed or has 64 bits.
};

Result<std::vector<std::byte>> subset(const Selection& selection,
                                      std::span<const View* const> views) {
  return SubsetWriter(selection, views).run();
}

}  // namespace btfreloc::btf
