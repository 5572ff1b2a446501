#include "btf/legalize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "btf/legalize/composites.h"
#include "btf/legalize/renamer.h"
#include "btf/legalize/rewrite.h"

// Three passes. The first learns what types need from others: which FUNC_PROTOs are those of
// functions, how members will be ordered, which TYPE_TAGs stand behind a modifier, which names
// there are. The second writes every type, as it was or changed. The third appends the types that
// changes need, whose ids were given out in the second.

namespace btfreloc::btf {
namespace {

constexpr std::uint64_t kMostMemberOffset = UINT32_MAX / 8;  // bytes; members count bits in 32

class Legalizer {
 public:
  Legalizer(const View& view, const LegalizeOptions& options)
      : rewrite_(view, options),
        view_(rewrite_.view()),
        builder_(rewrite_.builder()),
        names_(rewrite_),
        composites_(rewrite_, names_) {}

  Result<Legalized> run() {
    for (TypeId id = view_.first_id(); id.value < view_.size(); ++id.value) {
      if (!view_.kind(id)) return fail_unknown(id);
      learn(id);
    }
    for (TypeId id = view_.first_id(); id.value < view_.size(); ++id.value) {
      rewrite_.begin(id);
      std::visit([this](const auto& type) { write(type); }, view_.decode(id));
    }
    rewrite_.add_extras();
    pack();
    TRY(auto blob, builder_.blob());
    return Legalized{.blob = std::move(blob), .changes = rewrite_.take_changes()};
  }

 private:
  bool takes(Feature feature) const { return rewrite_.takes(feature); }
  bool is_object() const { return rewrite_.options().is_object; }

  std::unexpected<Error> fail_unknown(TypeId id) const {
    return fail(Errc::unsupported,
                fmt::format("type [{}] is of kind {}, which this version cannot lower", id.value,
                            view_.info(id).kind),
                {.section = ".BTF", .offset = view_.type_offset(id)});
  }

  // First pass.

  void learn(TypeId id) {
    const Kind kind = *view_.kind(id);
    names_.learn(id);
    if (kind == Kind::kFunc) {
      const TypeId proto{view_.third_word(id)};
      if (view_.kind(proto) == Kind::kFuncProto) protos_of_functions_.insert(proto.value);
    }
    if (kind == Kind::kStruct) composites_.learn(id);
    const bool stays_tag = kind == Kind::kTypeTag && keeps_tag(id);
    if (is_modifier(kind) && !stays_tag) learn_tags_behind(id);
  }

  /// Kernels want the TYPE_TAGs of a chain before all other modifiers.
  void learn_tags_behind(TypeId modifier) {
    TypeId id{view_.third_word(modifier)};
    while (view_.kind(id) == Kind::kTypeTag && misplaced_tags_.insert(id.value).second) {
      id = TypeId{view_.third_word(id)};
    }
  }

  // Second pass. Names that a kind cannot have are dropped by writing it anew.

  /// An INT of one byte: what libbpf, too, has for what a kernel need not know.
  void add_byte(StrOff name) {
    constexpr ByteCount kSize{1};
    builder_.add(Int{.name = name, .size = kSize, .encoding = 0, .offset = {}, .bits = kSize});
  }
  TypeId placeholder() {
    if (!placeholder_) {
      placeholder_ = rewrite_.extra([this] { add_byte(builder_.string("enum64_placeholder")); });
    }
    return *placeholder_;
  }

  /// Loaders find extern symbols by their DATASEC.
  bool is_fixed_by_loader() const { return is_object() && takes(Feature::var_and_datasec); }

  void write(const Void&) {}
  void write(const Unknown&) {}
  void write(const Int& type) {
    constexpr std::uint64_t kMostBits = 64;
    const bool is_wide = type.offset.value + type.bits.value > kMostBits;
    if (!is_wide || takes(Feature::wide_int)) return rewrite_.keep();
    rewrite_.lowered(Kind::kStruct, Feature::wide_int, true);
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
    const std::string_view name = view_.name(rewrite_.id());
    if (view_.name_offset(rewrite_.id()).value == 0) return false;
    // Whether types match depends on the names of pointers, too.
    rewrite_.changed(ChangeKind::unnamed,
                     fmt::format("loses the name '{}', which its kind cannot have", name),
                     !name.empty());
    return true;
  }

  void write(const Float& type) {
    if (takes(Feature::floating)) return rewrite_.keep();
    rewrite_.lowered(Kind::kStruct, Feature::floating, true);
    builder_.add_struct({}, type.size, {});
  }

  void write(const Typedef& type) {
    builder_.add(Typedef{
        names_.type_name(type.name, {.is_needed = true, .changes_relocations = true}), type.type});
  }

  void write(const Fwd& type) {
    const bool loses_flag = type.is_union && !takes(Feature::kind_flag);
    if (loses_flag) {
      rewrite_.changed(
          ChangeKind::lowered,
          fmt::format("becomes one of a struct: {}", Rewrite::reason(Feature::kind_flag)), true);
    }
    builder_.add(Fwd{names_.type_name(type.name, {.is_needed = true, .changes_relocations = true}),
                     type.is_union && !loses_flag});
  }

  void write(const Struct& type) { composites_.write(type); }
  void write(const Union& type) { composites_.write(type); }

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
      rewrite_.lowered(Kind::kConst, *lacking, false);
    } else if (misplaced_tags_.contains(rewrite_.id().value)) {
      rewrite_.changed(ChangeKind::lowered, "becomes CONST: it stands behind a modifier", false);
    } else if (view_.string(type.name).empty()) {
      rewrite_.changed(ChangeKind::lowered, "becomes CONST: it says nothing", false);
    } else {
      return rewrite_.keep();
    }
    builder_.add(Const{type.type});
  }

  void write(const DeclTag& type) {
    std::optional<Feature> lacking;
    if (type.is_attribute && !takes(Feature::tag_attributes)) lacking = Feature::tag_attributes;
    if (!takes(Feature::decl_tag)) lacking = Feature::decl_tag;
    if (lacking) {
      rewrite_.lowered(Kind::kInt, *lacking, false);
    } else if (loses_target(type)) {
      rewrite_.changed(ChangeKind::lowered, "becomes INT: what it is on is gone", false);
    } else if (view_.string(type.name).empty()) {
      rewrite_.changed(ChangeKind::lowered, "becomes INT: it says nothing", false);
    } else {
      return write_moved(type);
    }
    add_byte(type.name);
  }
  /// True when the component it names is cut off.
  bool loses_target(const DeclTag& type) const {
    return composites_.component_of(type) >= static_cast<std::int32_t>(kMostRecords) &&
           view_.info(type.type).vlen > kMostRecords && !takes(Feature::long_vlen);
  }
  void write_moved(const DeclTag& type) {
    DeclTag tag = type;
    tag.component = composites_.component_of(type);
    if (tag.component != type.component) {
      rewrite_.changed(
          ChangeKind::moved,
          fmt::format("is on member {} now, which was {}", tag.component, type.component), false);
    }
    builder_.add(tag);
  }

  void write(const Enum& type) {
    std::vector<Enumerator> values(type.values.begin(), type.values.end());
    const bool is_cut = rewrite_.cut(values, "enumerators");
    const bool is_renamed =
        names_.make_legal(values, {.what = "enumerator", .stem = "_", .changes_relocations = true});
    const StrOff name = names_.type_name(type.name, {.changes_relocations = true});
    if (type.size.value != 4 && type.size.value != 0 && !takes(Feature::enum_sizes)) {
      rewrite_.lowered(Kind::kUnion, Feature::enum_sizes, true);
      return add_placeholders(name, type.size, values);
    }
    // What clang writes for an enumeration that is only declared. Elsewhere its size is 4.
    const bool is_declared = type.size.value == 0 && values.empty();
    const ByteCount size{is_declared ? 4 : type.size.value};
    if (is_declared) rewrite_.changed(ChangeKind::resized, "gets a size: 4 bytes", true);
    const bool loses_sign = type.is_signed && !takes(Feature::enum64);
    if (loses_sign) {
      rewrite_.changed(
          ChangeKind::lowered,
          fmt::format("says no more that it is signed: {}", Rewrite::reason(Feature::enum64)),
          true);
    }
    const bool is_changed = is_cut || is_renamed || name != type.name;
    if (!is_changed && !is_declared && !loses_sign) return rewrite_.keep();
    builder_.add_enum(name, size, type.is_signed && !loses_sign, values);
  }

  void write(const Enum64& type) {
    std::vector<Enumerator> values(type.values.begin(), type.values.end());
    const bool is_cut = rewrite_.cut(values, "enumerators");
    const bool is_renamed =
        names_.make_legal(values, {.what = "enumerator", .stem = "_", .changes_relocations = true});
    const StrOff name = names_.type_name(type.name, {.changes_relocations = true});
    if (!takes(Feature::enum64)) {
      rewrite_.lowered(Kind::kUnion, Feature::enum64, true);
      return add_placeholders(name, type.size, values);
    }
    if (!is_cut && !is_renamed && name == type.name) return rewrite_.keep();
    builder_.add_enum64(name, type.size, type.is_signed, values);
  }

  /// A union with a member for each enumerator: names and size stay.
  void add_placeholders(StrOff name, ByteCount size, const std::vector<Enumerator>& values) {
    std::vector<Member> members;
    members.reserve(values.size());
    for (const Enumerator& value : values) {
      members.push_back(
          {.name = value.name, .type = placeholder(), .offset = {}, .bitfield_size = {}});
    }
    builder_.add_union(name, size, members);
  }

  void write(const Func& type) {
    Func func = type;
    func.name = names_.type_name(type.name, {.is_needed = true});
    const bool is_loaders = type.linkage == Linkage::is_extern && is_fixed_by_loader();
    if (!takes(Feature::func)) {
      rewrite_.lowered(Kind::kTypedef, Feature::func, false);
      builder_.add(Typedef{func.name, func.type});
      return;
    }
    if (!is_loaders && type.linkage != Linkage::is_static) {
      func.linkage = takes(Feature::global_func) ? Linkage::is_global : Linkage::is_static;
    }
    if (func.linkage != type.linkage) {
      rewrite_.changed(
          ChangeKind::relinked,
          func.linkage == Linkage::is_static
              ? fmt::format("becomes static: {}", Rewrite::reason(Feature::global_func))
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
    const bool need_names = is_lowered || protos_of_functions_.contains(rewrite_.id().value);
    bool is_changed =
        names_.make_legal(params, {.what = "parameter", .stem = need_names ? "arg" : ""});
    if (drop_name()) is_changed = true;
    if (dots && !is_lowered) {
      if (dots->name.value != 0) {
        rewrite_.changed(ChangeKind::unnamed, "loses the name of its `...`", false);
        is_changed = true;
      }
      params.push_back(Param{});
    }
    if (is_lowered) return lower_proto(params);
    if (!is_changed) return rewrite_.keep();
    builder_.add_func_proto(type.return_type, params);
  }

  /// As libbpf does: an enumeration of the parameters' names.
  void lower_proto(const std::vector<Param>& params) {
    rewrite_.lowered(Kind::kEnum, Feature::func, true);
    std::vector<Enumerator> values;
    values.reserve(params.size());
    for (const Param& param : params) values.push_back({param.name, param.type.value});
    builder_.add_enum({}, {4}, false, values);
  }

  void write(const Var& type) {
    Var var = type;
    var.name = names_.type_name(type.name, {.is_needed = true, .may_have_dots = true});
    if (!takes(Feature::var_and_datasec)) {
      rewrite_.lowered(Kind::kInt, Feature::var_and_datasec, false);
      return add_byte(var.name);
    }
    if (type.linkage == Linkage::is_extern && !is_fixed_by_loader()) {
      rewrite_.changed(ChangeKind::relinked, "becomes global: only loaders know extern variables",
                       false);
      var.linkage = Linkage::is_global;
    }
    builder_.add(var);
  }

  void write(const Datasec& type) {
    const std::vector<SectionVar> vars(type.vars.begin(), type.vars.end());
    const bool is_empty = vars.empty() && !takes(Feature::empty_datasec);
    if (is_empty || !takes(Feature::var_and_datasec)) {
      rewrite_.lowered(Kind::kStruct, is_empty ? Feature::empty_datasec : Feature::var_and_datasec,
                       false);
      return lower_section(type, vars);
    }
    ByteCount size = type.size;
    if (size.value == 0 && !is_object()) {
      for (const SectionVar& var : vars) {
        size.value = std::max(size.value, var.offset.value + var.size.value);
      }
      if (size.value != 0) {
        rewrite_.changed(ChangeKind::resized, fmt::format("gets a size: {} bytes", size.value),
                         false);
      }
    }
    const StrOff name = names_.section_name(type.name, true);
    if (name == type.name && size == type.size) return rewrite_.keep();
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
    names_.make_legal(members, {.what = "variable"});
    builder_.add_struct(names_.section_name(type.name, false), size, members);
  }

  // Last.

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
    rewrite_.begin(TypeId{0});
    rewrite_.changed(
        ChangeKind::packed,
        has_layout && !keeps_layout
            ? fmt::format("loses its layout section: {}", Rewrite::reason(Feature::layout))
            : std::string("loses gaps, and what its header has beyond what kernels know"),
        false);
  }

  Rewrite rewrite_;
  const View& view_;
  Builder& builder_;
  Renamer names_;
  Composites composites_;
  std::unordered_set<std::uint32_t> protos_of_functions_;
  std::unordered_set<std::uint32_t> misplaced_tags_;
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
