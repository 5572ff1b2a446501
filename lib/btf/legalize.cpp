#include "btf/legalize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "btf/builder.h"
#include "btf/legal_names.h"

// Three passes. The first learns what types need from others: which FUNC_PROTOs are those of
// functions, how members will be ordered, which TYPE_TAGs stand behind a modifier, which names
// there are. The second writes every type, as it was or changed. The third appends the types that
// changes need, whose ids were given out in the second.

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kMostRecords = 0xffff;               // vlen of 16 bits
constexpr std::uint64_t kMostMemberOffset = UINT32_MAX / 8;  // bytes; members count bits in 32
constexpr std::size_t kLongestNew = 512;                     // bytes, see Feature::long_names
constexpr std::size_t kLongestOld = 128;                     // bytes, before it

bool is_modifier(Kind kind) {
  return kind == Kind::kConst || kind == Kind::kVolatile || kind == Kind::kRestrict ||
         kind == Kind::kTypedef;
}

class Legalizer {
 public:
  Legalizer(const View& view, const LegalizeOptions& options)
      : view_(view),
        options_(options),
        builder_(Builder::with_strings_of(view)),
        type_names_(longest_name()) {}

  Result<Legalized> run() {
    for (TypeId id = view_.first_id(); id.value < view_.size(); ++id.value) {
      if (!view_.kind(id)) return fail_unknown(id);
      learn(id);
    }
    next_extra_ = TypeId{view_.size()};
    for (id_ = view_.first_id(); id_.value < view_.size(); ++id_.value) {
      std::visit([this](const auto& type) { write(type); }, view_.decode(id_));
    }
    for (const auto& add : extras_) add();
    pack();
    TRY(auto blob, builder_.blob());
    return Legalized{.blob = std::move(blob), .changes = std::move(changes_)};
  }

 private:
  bool takes(Feature feature) const { return options_.kernel >= since(feature); }
  std::size_t longest_name() const {
    return takes(Feature::long_names) ? kLongestNew : kLongestOld;
  }

  std::unexpected<Error> fail_unknown(TypeId id) const {
    return fail(Errc::unsupported,
                fmt::format("type [{}] is of kind {}, which this version cannot lower", id.value,
                            view_.info(id).kind),
                {.section = ".BTF", .offset = view_.type_offset(id)});
  }

  /// The numbers of members before and after they are sorted, by each other.
  struct Order {
    std::vector<std::uint32_t> old_of;
    std::vector<std::uint32_t> new_of;
  };

  // First pass.

  void learn(TypeId id) {
    const Kind kind = *view_.kind(id);
    if (kind != Kind::kInt && kind != Kind::kFloat && kind != Kind::kDeclTag &&
        kind != Kind::kTypeTag) {
      type_names_.add(view_.name(id));
    }
    if (kind == Kind::kFunc) {
      const TypeId proto{view_.third_word(id)};
      if (view_.kind(proto) == Kind::kFuncProto) protos_of_functions_.insert(proto.value);
    }
    if (kind == Kind::kStruct) learn_order(id);
    const bool is_lowered_tag = kind == Kind::kTypeTag && !keeps_tag(id);
    if (is_modifier(kind) || is_lowered_tag) learn_tags_behind(id);
  }

  void learn_order(TypeId id) {
    const auto members = std::get<Struct>(view_.decode(id)).members;
    if (std::ranges::is_sorted(members, {}, &Member::offset)) return;
    std::vector<std::uint32_t> order(members.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return members[i].offset; });
    std::vector<std::uint32_t> places(order.size());
    for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
    orders_.emplace(id, Order{.old_of = std::move(order), .new_of = std::move(places)});
  }

  /// Kernels want the TYPE_TAGs of a chain before all other modifiers.
  void learn_tags_behind(TypeId modifier) {
    TypeId id{view_.third_word(modifier)};
    while (view_.kind(id) == Kind::kTypeTag && misplaced_tags_.insert(id.value).second) {
      id = TypeId{view_.third_word(id)};
    }
  }

  /// Loaders find extern symbols by their DATASEC.
  bool is_fixed_by_loader() const { return options_.is_object && takes(Feature::var_and_datasec); }

  // What the second pass says and does.

  void changed(ChangeKind kind, std::string text, bool changes_relocations) {
    changes_.push_back({.type = id_,
                        .kind = kind,
                        .text = std::move(text),
                        .changes_relocations = changes_relocations});
  }
  void lowered(Kind to, Feature lacking, bool changes_relocations) {
    changed(ChangeKind::lowered, fmt::format("becomes {}: {}", traits(to).name, reason(lacking)),
            changes_relocations);
  }
  static std::string reason(Feature lacking) {
    return fmt::format("Linux takes {} from {} on", description(lacking), since(lacking).text());
  }

  void keep() {
    builder_.copy(view_, id_, [](TypeId id) { return id; }, [](StrOff name) { return name; });
  }

  /// A type behind all others.
  template <class Add>
  TypeId extra(Add add) {
    extras_.push_back(std::move(add));
    return TypeId{next_extra_.value++};
  }

  /// An INT of one byte: what libbpf, too, has for what a kernel need not know.
  void add_byte(StrOff name) {
    constexpr ByteCount kSize{1};
    builder_.add(Int{.name = name, .size = kSize, .encoding = 0, .offset = {}, .bits = kSize});
  }
  TypeId placeholder() {
    if (!placeholder_) {
      placeholder_ = extra([this] { add_byte(builder_.string("enum64_placeholder")); });
    }
    return *placeholder_;
  }

  /// Kernels take no gaps, and of headers only what they know.
  void pack() {
    const Header& header = view_.header();
    const bool has_layout = header.layout_size != 0;
    const bool keeps_layout = has_layout && takes(Feature::layout);
    if (keeps_layout) builder_.keep_layout_of(view_);
    const std::uint32_t header_size = keeps_layout ? 32 : 24;
    const std::uint64_t size = std::uint64_t{header_size} + header.types_size +
                               (keeps_layout ? header.layout_size : 0) + header.strings_size;
    if (header.header_size == header_size && view_.blob_size() == size) return;
    id_ = TypeId{0};
    changed(ChangeKind::packed,
            has_layout && !keeps_layout
                ? fmt::format("loses its layout section: {}", reason(Feature::layout))
                : std::string("loses gaps, and what its header has beyond what kernels know"),
            false);
  }

  // Names.

  bool is_legal(std::string_view name, bool may_have_dots) const {
    if (!may_have_dots || !name.contains('.')) return is_legal_name(name, longest_name());
    std::string without(name);
    std::ranges::replace(without, '.', '_');
    return is_legal_name(without, longest_name());
  }

  /// The name of this type, as the kernel takes it.
  StrOff type_name(StrOff name, bool is_needed, bool changes_relocations,
                   bool may_have_dots = false) {
    const std::string_view text = view_.string(name);
    if (text.empty()) {
      if (!is_needed) return without_empty_name(name);
      std::string given = fmt::format("anon_{}", id_.value);
      while (is_taken(given)) given += '_';
      changed(ChangeKind::named, fmt::format("gets the name {}", given), changes_relocations);
      return builder_.string(given);
    }
    if (is_legal(text, may_have_dots || takes(Feature::dotted_names))) return name;
    const std::string legal = type_names_.unique(text);
    changed(ChangeKind::renamed, fmt::format("becomes {}", legal), changes_relocations);
    return builder_.string(legal);
  }

  /// Whether a type has the name already.
  bool is_taken(std::string_view name) const {
    return !view_.named(name.substr(0, essential_length(name))).empty();
  }

  /// Kernels want no name to be at string offset 0.
  StrOff without_empty_name(StrOff name) {
    if (name.value != 0) changed(ChangeKind::unnamed, "loses an empty name", false);
    return {};
  }

  /// The names of a type's members, parameters or enumerators, made legal and different from each
  /// other. Those without get `stem` and their number when they need one.
  template <class R>
  bool make_names_legal(std::vector<R>& records, std::string_view what, std::string_view stem,
                        bool changes_relocations) {
    const auto is_fine = [&](const R& record) {
      const std::string_view name = view_.string(record.name);
      if (name.empty()) return stem.empty() && record.name.value == 0;
      return is_legal(name, takes(Feature::dotted_names));
    };
    if (std::ranges::all_of(records, is_fine)) return false;
    LegalNames names(longest_name());
    std::unordered_set<std::string> taken;
    for (const R& record : records) {
      names.add(view_.string(record.name));
      taken.emplace(view_.string(record.name).substr(0, longest_name()));
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (is_fine(records[i])) continue;
      const std::string_view old = view_.string(records[i].name);
      if (old.empty() && stem.empty()) {
        records[i].name = without_empty_name(records[i].name);
        continue;
      }
      std::string legal = old.empty() ? fmt::format("{}{}", stem, i) : names.unique(old);
      while (old.empty() && taken.contains(legal)) legal += '_';
      taken.insert(legal);
      changed(old.empty() ? ChangeKind::named : ChangeKind::renamed,
              old.empty() ? fmt::format("{} {} gets the name {}", what, i, legal)
                          : fmt::format("{} '{}' becomes {}", what, old, legal),
              changes_relocations);
      records[i].name = builder_.string(legal);
    }
    return true;
  }

  /// True when there were too many for kernels that count in 16 bits.
  template <class R>
  bool cut(std::vector<R>& records, std::string_view what) {
    if (records.size() <= kMostRecords || takes(Feature::long_vlen)) return false;
    changed(ChangeKind::cut,
            fmt::format("loses {} of its {} {}: {}", records.size() - kMostRecords, records.size(),
                        what, reason(Feature::long_vlen)),
            true);
    records.resize(kMostRecords);
    return true;
  }

  // Second pass, kind by kind. Names that a kind cannot have are dropped by writing it anew.

  void write(const Void&) {}
  void write(const Unknown&) {}
  void write(const Int& type) {
    constexpr std::uint64_t kMostBits = 64;
    if (type.offset.value + type.bits.value <= kMostBits || takes(Feature::wide_int)) return keep();
    lowered(Kind::kStruct, Feature::wide_int, true);
    builder_.add_struct({}, type.size, {});
  }
  void write(const Ptr& type) { nameless(type); }
  void write(const Volatile& type) { nameless(type); }
  void write(const Const& type) { nameless(type); }
  void write(const Restrict& type) { nameless(type); }
  void write(const Array& type) { nameless(type); }
  void nameless(const auto& type) {
    drop_name();
    builder_.add(type);
  }
  bool drop_name() {
    const std::string_view name = view_.name(id_);
    if (view_.name_offset(id_).value == 0) return false;
    // Whether types match depends on the names of pointers, too.
    changed(ChangeKind::unnamed,
            fmt::format("loses the name '{}', which its kind cannot have", name), !name.empty());
    return true;
  }

  void write(const Float& type) {
    if (takes(Feature::floating)) return keep();
    lowered(Kind::kStruct, Feature::floating, true);
    builder_.add_struct({}, type.size, {});
  }

  void write(const Typedef& type) {
    builder_.add(Typedef{type_name(type.name, true, true), type.type});
  }

  void write(const Fwd& type) {
    const bool loses_flag = type.is_union && !takes(Feature::kind_flag);
    if (loses_flag) {
      changed(ChangeKind::lowered,
              fmt::format("becomes one of a struct: {}", reason(Feature::kind_flag)), true);
    }
    builder_.add(Fwd{type_name(type.name, true, true), type.is_union && !loses_flag});
  }

  // Tags hold any text, but some.

  std::optional<Feature> lacking_for(const TypeTag& type) const {
    if (!takes(Feature::type_tag)) return Feature::type_tag;
    if (type.is_attribute && !takes(Feature::tag_attributes)) return Feature::tag_attributes;
    return std::nullopt;
  }
  /// Whether the tag is one afterwards, unless it stands behind a modifier.
  bool keeps_tag(TypeId id) const {
    const auto type = std::get<TypeTag>(view_.decode(id));
    return !lacking_for(type) && !view_.string(type.name).empty();
  }

  void write(const TypeTag& type) {
    if (const auto lacking = lacking_for(type)) {
      lowered(Kind::kConst, *lacking, false);
    } else if (misplaced_tags_.contains(id_.value)) {
      changed(ChangeKind::lowered, "becomes CONST: it stands behind a modifier", false);
    } else if (view_.string(type.name).empty()) {
      changed(ChangeKind::lowered, "becomes CONST: it says nothing", false);
    } else {
      return keep();
    }
    builder_.add(Const{type.type});
  }

  void write(const DeclTag& type) {
    std::optional<Feature> lacking;
    if (type.is_attribute && !takes(Feature::tag_attributes)) lacking = Feature::tag_attributes;
    if (!takes(Feature::decl_tag)) lacking = Feature::decl_tag;
    if (lacking) {
      lowered(Kind::kInt, *lacking, false);
    } else if (loses_target(type)) {
      changed(ChangeKind::lowered, "becomes INT: what it is on is gone", false);
    } else if (view_.string(type.name).empty()) {
      changed(ChangeKind::lowered, "becomes INT: it says nothing", false);
    } else {
      return write_moved(type);
    }
    add_byte(type.name);
  }
  /// The number of its member once members are sorted.
  std::int32_t component_of(const DeclTag& type) const {
    const auto order = orders_.find(type.type);
    if (order == orders_.end() || type.component < 0) return type.component;
    const auto index = static_cast<std::size_t>(type.component);
    if (index >= order->second.new_of.size()) return type.component;
    return static_cast<std::int32_t>(order->second.new_of[index]);
  }
  /// True when the component it names is cut off.
  bool loses_target(const DeclTag& type) const {
    return component_of(type) >= static_cast<std::int32_t>(kMostRecords) &&
           view_.info(type.type).vlen > kMostRecords && !takes(Feature::long_vlen);
  }
  void write_moved(const DeclTag& type) {
    DeclTag tag = type;
    tag.component = component_of(type);
    if (tag.component != type.component) {
      changed(ChangeKind::moved,
              fmt::format("is on member {} now, which was {}", tag.component, type.component),
              false);
    }
    builder_.add(tag);
  }

  void write(const Enum& type) {
    std::vector<Enumerator> values(type.values.begin(), type.values.end());
    const bool is_cut = cut(values, "enumerators");
    const bool is_renamed = make_names_legal(values, "enumerator", "_", true);
    const StrOff name = type_name(type.name, false, true);
    if (type.size.value != 4 && type.size.value != 0 && !takes(Feature::enum_sizes)) {
      lowered(Kind::kUnion, Feature::enum_sizes, true);
      return add_placeholders(name, type.size, values);
    }
    // What clang writes for an enumeration that is only declared. Elsewhere its size is 4.
    const bool is_declared = type.size.value == 0 && values.empty();
    const ByteCount size{is_declared ? 4 : type.size.value};
    if (is_declared) changed(ChangeKind::resized, "gets a size: 4 bytes", true);
    const bool loses_sign = type.is_signed && !takes(Feature::enum64);
    if (loses_sign) {
      changed(ChangeKind::lowered,
              fmt::format("says no more that it is signed: {}", reason(Feature::enum64)), true);
    }
    const bool is_changed = is_cut || is_renamed || name != type.name;
    if (!is_changed && !is_declared && !loses_sign) return keep();
    builder_.add_enum(name, size, type.is_signed && !loses_sign, values);
  }

  void write(const Enum64& type) {
    std::vector<Enumerator> values(type.values.begin(), type.values.end());
    const bool is_cut = cut(values, "enumerators");
    const bool is_renamed = make_names_legal(values, "enumerator", "_", true);
    const StrOff name = type_name(type.name, false, true);
    if (!takes(Feature::enum64)) {
      lowered(Kind::kUnion, Feature::enum64, true);
      return add_placeholders(name, type.size, values);
    }
    if (!is_cut && !is_renamed && name == type.name) return keep();
    builder_.add_enum64(name, type.size, type.is_signed, values);
  }

  /// A union with a member for each enumerator: names and size stay.
  void add_placeholders(StrOff name, ByteCount size, const std::vector<Enumerator>& values) {
    std::vector<Member> members;
    for (const Enumerator& value : values) {
      members.push_back(
          {.name = value.name, .type = placeholder(), .offset = {}, .bitfield_size = {}});
    }
    builder_.add_union(name, size, members);
  }

  void write(const Func& type) {
    Func func = type;
    func.name = type_name(type.name, true, false);
    const bool is_loaders = type.linkage == Linkage::is_extern && is_fixed_by_loader();
    if (!takes(Feature::func)) {
      lowered(Kind::kTypedef, Feature::func, false);
      builder_.add(Typedef{func.name, func.type});
      return;
    }
    if (!is_loaders && type.linkage != Linkage::is_static) {
      func.linkage = takes(Feature::global_func) ? Linkage::is_global : Linkage::is_static;
    }
    if (func.linkage != type.linkage) {
      changed(ChangeKind::relinked,
              func.linkage == Linkage::is_static
                  ? fmt::format("becomes static: {}", reason(Feature::global_func))
                  : std::string("becomes global: only loaders know extern functions"),
              false);
    }
    builder_.add(func);
  }

  void write(const FuncProto& type) {
    std::vector<Param> params(type.params.begin(), type.params.end());
    const bool is_variadic = !params.empty() && params.back().type.value == 0;
    std::optional<Param> dots;
    if (is_variadic) {
      dots = params.back();
      params.pop_back();
    }
    const bool is_lowered = !takes(Feature::func);
    const bool need_names = is_lowered || protos_of_functions_.contains(id_.value);
    bool is_changed = make_names_legal(params, "parameter", need_names ? "arg" : "", false);
    if (drop_name()) is_changed = true;
    if (dots && !is_lowered) {
      if (dots->name.value != 0) {
        changed(ChangeKind::unnamed, "loses the name of its `...`", false);
        is_changed = true;
      }
      params.push_back(Param{});
    }
    if (is_lowered) return lower_proto(params);
    if (!is_changed) return keep();
    builder_.add_func_proto(type.return_type, params);
  }

  /// As libbpf does: an enumeration of the parameters' names.
  void lower_proto(const std::vector<Param>& params) {
    lowered(Kind::kEnum, Feature::func, true);
    std::vector<Enumerator> values;
    for (const Param& param : params) values.push_back({param.name, param.type.value});
    builder_.add_enum({}, {4}, false, values);
  }

  void write(const Var& type) {
    Var var = type;
    var.name = type_name(type.name, true, false, true);
    if (!takes(Feature::var_and_datasec)) {
      lowered(Kind::kInt, Feature::var_and_datasec, false);
      return add_byte(var.name);
    }
    if (type.linkage == Linkage::is_extern && !is_fixed_by_loader()) {
      changed(ChangeKind::relinked, "becomes global: only loaders know extern variables", false);
      var.linkage = Linkage::is_global;
    }
    builder_.add(var);
  }

  void write(const Datasec& type) {
    const std::vector<SectionVar> vars(type.vars.begin(), type.vars.end());
    const bool is_empty = vars.empty() && !takes(Feature::empty_datasec);
    if (is_empty || !takes(Feature::var_and_datasec)) {
      lowered(Kind::kStruct, is_empty ? Feature::empty_datasec : Feature::var_and_datasec, false);
      return lower_section(type, vars);
    }
    ByteCount size = type.size;
    if (size.value == 0 && !options_.is_object) {
      for (const SectionVar& var : vars) {
        size.value = std::max(size.value, var.offset.value + var.size.value);
      }
      if (size.value != 0) {
        changed(ChangeKind::resized, fmt::format("gets a size: {} bytes", size.value), false);
      }
    }
    const StrOff name = section_name(type.name, true);
    if (name == type.name && size == type.size) return keep();
    builder_.add_datasec(name, size, vars);
  }

  /// As libbpf does: a struct of its variables, which are bytes by now.
  void lower_section(const Datasec& type, const std::vector<SectionVar>& vars) {
    std::vector<Member> members;
    ByteCount size = type.size;
    for (const SectionVar& var : vars) {
      if (view_.kind(var.type) != Kind::kVar) continue;  // functions of .ksyms
      if (var.offset.value > kMostMemberOffset) continue;
      members.push_back({.name = view_.name_offset(var.type),
                         .type = var.type,
                         .offset = var.offset,
                         .bitfield_size = {}});
      size.value = std::max(size.value, var.offset.value + 1);
    }
    std::ranges::stable_sort(members, {}, &Member::offset);
    make_names_legal(members, "variable", "", false);
    builder_.add_struct(section_name(type.name, false), size, members);
  }

  /// Sections keep their dots, and from 6.9 on everything that is printable.
  StrOff section_name(StrOff name, bool is_section) {
    const std::string_view text = view_.string(name);
    if (is_section && !text.empty() && takes(Feature::datasec_names)) return name;
    std::string legal(text);
    if (legal.empty()) legal = fmt::format("anon_{}", id_.value);
    for (std::size_t i = 0; i < legal.size(); ++i) {
      const std::string_view character(&legal[i], 1);
      const bool is_digit = legal[i] >= '0' && legal[i] <= '9';
      if ((is_section && legal[i] == '.') || (is_digit && i > 0)) continue;
      if (!is_legal_name(character)) legal[i] = '_';
    }
    if (legal.size() > longest_name()) legal = legal_name(legal, longest_name());
    if (legal == text) return name;
    changed(text.empty() ? ChangeKind::named : ChangeKind::renamed,
            fmt::format("becomes {}", legal), false);
    return builder_.string(legal);
  }

  void write(const Struct& type) {
    std::vector<Member> members(type.members.begin(), type.members.end());
    bool is_changed = false;
    if (const auto order = orders_.find(id_); order != orders_.end()) {
      std::ranges::transform(order->second.old_of, members.begin(),
                             [&](std::uint32_t i) { return type.members[i]; });
      changed(ChangeKind::sorted, "has its members in the order of their offsets", true);
      is_changed = true;
    }
    const auto name = composite(type, members, is_changed);
    if (name) builder_.add_struct(*name, type.size, members);
  }

  void write(const Union& type) {
    std::vector<Member> members(type.members.begin(), type.members.end());
    const bool has_offsets =
        std::ranges::any_of(members, [](const Member& m) { return m.offset.value != 0; });
    const auto name = composite(type, members, has_offsets);
    if (!name) return;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].offset.value != 0) wrap(i, members[i], type.size);
    }
    builder_.add_union(*name, type.size, members);
  }

  /// Puts a member into a struct as large as its union, where members may have offsets.
  void wrap(std::size_t index, Member& member, ByteCount size) {
    const std::string_view name = builder_.text(member.name);
    changed(ChangeKind::wrapped,
            fmt::format("member {}{}{} stands in a struct: members of unions begin at bit 0, it "
                        "begins at {}",
                        index, name.empty() ? "" : " ", name, member.offset.value),
            true);
    // Its name stays where it is found: inside, since the struct has none.
    const TypeId wrapper =
        extra([this, member, size] { builder_.add_struct({}, size, std::array{member}); });
    member = {.name = {}, .type = wrapper, .offset = {}, .bitfield_size = {}};
  }

  /// What structs and unions share: the new name, or nullopt when the type was kept as it is.
  std::optional<StrOff> composite(const auto& type, std::vector<Member>& members, bool is_changed) {
    is_changed |= cut(members, "members");
    is_changed |= make_names_legal(members, "member", "", true);
    is_changed |= lower_bitfields(members);
    const StrOff name = type_name(type.name, false, true);
    if (is_changed || name != type.name) return name;
    keep();
    return std::nullopt;
  }

  /// Before 5.0 the width and place of a bitfield were those of an INT of its own.
  bool lower_bitfields(std::vector<Member>& members) {
    if (takes(Feature::kind_flag) || !view_.info(id_).kind_flag) return false;
    bool is_changed = false;
    for (Member& member : members) {
      const Bits width = std::exchange(member.bitfield_size, Bits{});
      // Where a bitfield is as wide as its type, it is none afterwards.
      if (width.value != 0) is_changed = true;
      const TypeId whole = view_.skip_modifiers_and_typedefs(member.type);
      const Type type = view_.decode(whole);
      const auto* const integer = std::get_if<Int>(&type);
      if (width.value == 0 || (integer != nullptr && integer->bits == width)) continue;
      const ByteCount size{view_.third_word(whole)};
      const std::uint8_t encoding = integer != nullptr ? integer->encoding : std::uint8_t{0};
      member.type = extra([this, whole, size, width, encoding] {
        builder_.add(Int{.name = builder_.string(std::string(view_.name(whole))),
                         .size = size,
                         .encoding = encoding,
                         .offset = {},
                         .bits = width});
      });
    }
    changed(ChangeKind::lowered,
            fmt::format("{}: {}",
                        is_changed ? "has bitfields by integers of their width, without kind_flag"
                                   : "loses its kind_flag",
                        reason(Feature::kind_flag)),
            is_changed);
    return true;
  }

  const View& view_;
  const LegalizeOptions& options_;
  Builder builder_;
  LegalNames type_names_;
  std::unordered_set<std::uint32_t> protos_of_functions_;
  std::unordered_set<std::uint32_t> misplaced_tags_;
  std::unordered_map<TypeId, Order> orders_;  ///< Of structs whose members are not sorted.
  TypeId id_;                                 ///< The type that is being written.
  std::vector<Change> changes_;
  TypeId next_extra_;
  std::vector<std::function<void()>> extras_;
  std::optional<TypeId> placeholder_;
};

}  // namespace

std::string_view name(ChangeKind change) {
  switch (change) {
    case ChangeKind::lowered: return "lowered";
    case ChangeKind::renamed: return "renamed";
    case ChangeKind::named: return "named";
    case ChangeKind::unnamed: return "unnamed";
    case ChangeKind::sorted: return "sorted";
    case ChangeKind::wrapped: return "wrapped";
    case ChangeKind::cut: return "cut";
    case ChangeKind::relinked: return "relinked";
    case ChangeKind::moved: return "moved";
    case ChangeKind::resized: return "resized";
    case ChangeKind::packed: return "packed";
  }
  return "";
}

Result<Legalized> legalize(const View& view, const LegalizeOptions& options) {
  return Legalizer(view, options).run();
}

}  // namespace btfreloc::btf
