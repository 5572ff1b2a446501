#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "btf/validate/checker.h"

// Structs with locks, list heads, tree roots and kptrs, which programs may allocate: the kernel
// keeps a record of those fields, and refuses BTF for which it cannot make one.
// Source: btf_parse_struct_metas(), btf_parse_fields() and btf_check_and_fixup_fields(),
// kernel/bpf/btf.c, of Linux 6.18. Kernels before 6.11 did not look into structs inside structs.

namespace btfreloc::btf {
namespace {

enum class Field : std::uint8_t {
  lock,
  res_lock,
  list_head,
  list_node,
  rb_root,
  rb_node,
  refcount,
  kptr,
};

struct FieldTraits {
  Field field;
  std::string_view type;  ///< Name of the struct.
  std::uint32_t size;     ///< In bytes.
  std::uint32_t alignment;
  KernelVersion since;
  bool is_unique;   ///< At most one in a struct.
  bool may_repeat;  ///< In an array.
  bool marks;       ///< A struct with one gets a record.
};

constexpr auto kFields = std::to_array<FieldTraits>({
    {Field::lock, "bpf_spin_lock", 4, 4, {6, 2}, true, false, true},
    {Field::res_lock, "bpf_res_spin_lock", 4, 4, {6, 15}, true, false, false},
    {Field::list_head, "bpf_list_head", 16, 8, {6, 2}, false, true, true},
    {Field::list_node, "bpf_list_node", 24, 8, {6, 2}, false, false, true},
    {Field::rb_root, "bpf_rb_root", 16, 8, {6, 3}, false, true, true},
    {Field::rb_node, "bpf_rb_node", 32, 8, {6, 3}, false, false, true},
    {Field::refcount, "bpf_refcount", 4, 4, {6, 4}, false, false, true},
    {Field::kptr, "", 8, 8, {6, 12}, false, true, false},
});
constexpr const FieldTraits& traits_of(Field field) {
  return kFields[static_cast<std::size_t>(field)];
}

/// Fields that a struct may have. Source: BTF_FIELDS_MAX, include/linux/bpf.h.
constexpr std::size_t kMostFields = 11;
/// Structs inside structs that are looked into. Source: MAX_RESOLVE_DEPTH, kernel/bpf/btf.c.
constexpr std::uint32_t kMaxDepth = 32;
/// Modifiers that are followed. Longer chains are no compiler's.
constexpr std::uint32_t kMaxChain = 1024;
constexpr std::string_view kContains = "contains:";
/// Longest tag that means something, in bytes: it names a struct and a member of it.
constexpr std::size_t kMaxTagSize = kContains.size() + kMaxNameSize + 1 + kMaxNameSize + 1;

struct Found {
  Field field;
  std::uint64_t offset;        ///< In bytes from the start of the struct.
  TypeId value{0};             ///< Of a list or tree: the struct it holds.
  std::string_view node = {};  ///< Its member there.
  std::string_view kptr = {};  ///< The name of the struct that a kptr owns.
};

/// Structs of the kernel that it knows how to release. Source: register_btf_id_dtor_kfuncs().
constexpr auto kReleasable =
    std::to_array<std::string_view>({"task_struct", "cgroup", "bpf_cpumask", "bpf_crypto_ctx",
                                     "prog_test_ref_kfunc", "prog_test_member"});

/// The record of one struct; or why there is none.
struct Record {
  std::vector<Found> fields = {};
  std::string problem = {};
  bool has(Field field) const {
    return std::ranges::find(fields, field, &Found::field) != fields.end();
  }
  bool is_root() const { return has(Field::list_head) || has(Field::rb_root); }
  bool is_node() const { return has(Field::list_node) || has(Field::rb_node); }
};

class SpecialFields {
 public:
  SpecialFields(Checker& checker, const RawTypes& types, const BrokenTypes& broken)
      : checker_(checker), types_(types), broken_(broken) {}

  void check() {
    find_markers();
    if (markers_.empty()) return;
    for (std::uint32_t id = 1; id < types_.end_id() && !checker_.stopped(); ++id) {
      if (kind(TypeId{id}) == Kind::kStruct && !is_broken(TypeId{id}) && is_marked(TypeId{id})) {
        check_struct(TypeId{id});
      }
    }
    for (const TypeId id : marked_) check_owners(id);
  }

 private:
  Kind kind(TypeId id) const { return types_.kind(id); }
  /// Also true of ids that broken types refer to and that are not there.
  bool is_broken(TypeId id) const {
    return id.value == 0 || !types_.has(id) || broken_[id.value - 1];
  }
  std::uint32_t size_of_node(Field field) const;

  void find_markers();
  bool is_marked(TypeId id) const;
  void check_struct(TypeId id);
  void check_owners(TypeId id);
  Record record_of(TypeId id);
  std::string check_root(const Found& root) const;

  /// Appends the fields of a struct. "": no problem.
  std::string find_in_struct(TypeId id, std::uint32_t depth, std::vector<Found>& fields);
  std::string find_in_member(TypeId owner, std::uint32_t index, const Member& member,
                             std::uint32_t depth, std::uint32_t& seen, std::vector<Found>& fields);
  std::string find_in_nested(TypeId id, std::uint64_t offset, std::uint64_t count,
                             std::uint32_t depth, std::vector<Found>& fields);
  std::string add(Found found, std::uint64_t count, std::uint64_t stride,
                  std::vector<Found>& fields) const;
  std::optional<Field> field_by_name(TypeId type) const;
  std::string what_root_contains(TypeId owner, std::uint32_t index, Found& root);

  enum class Kptr : std::uint8_t { none, found, bad };
  Kptr kptr(TypeId type) const;
  std::string_view struct_owned_by(TypeId kptr) const;
  bool kernel_cannot_release(std::string_view name) const;
  TypeId struct_named(std::string_view name);
  void find_tags();

  Checker& checker_;
  const RawTypes& types_;
  const BrokenTypes& broken_;
  std::vector<TypeId> markers_;  ///< Types whose members make a struct one with a record.
  std::vector<TypeId> marked_;   ///< Structs that got one, ascending.
  std::unordered_map<std::uint32_t, Record> records_;  ///< By id.
  /// Structs without any such field, and how deep structs go in them.
  std::unordered_map<std::uint32_t, std::uint32_t> plain_;
  std::unordered_map<std::string_view, TypeId> structs_;  ///< The first of each name.
  struct Tag {
    std::string_view value;  ///< Behind "contains:".
    bool is_repeated;
  };
  std::unordered_map<std::uint64_t, Tag> tags_;  ///< By id << 32 | index of the member.
  bool has_tags_ = false;
};

/// Nodes grew in Linux 6.6.
std::uint32_t SpecialFields::size_of_node(Field field) const {
  const bool is_node = field == Field::list_node || field == Field::rb_node;
  return traits_of(field).size - (is_node && !checker_.at_least({6, 6}) ? 8 : 0);
}

SpecialFields::Kptr SpecialFields::kptr(TypeId type) const {
  if (kind(type) == Kind::kVolatile) type = TypeId{types_.third(type)};
  if (kind(type) != Kind::kPtr) return Kptr::none;
  const TypeId tag{types_.third(type)};
  if (kind(tag) != Kind::kTypeTag || types_.info(tag).kind_flag) return Kptr::none;
  TypeId to{types_.third(tag)};
  const std::string_view name = types_.name(tag);
  if (kind(to) == Kind::kTypeTag) return Kptr::bad;
  if (name == "uptr" && checker_.at_least({6, 13})) return Kptr::none;
  if (name != "kptr" && name != "kptr_untrusted" && name != "percpu_kptr") return Kptr::bad;
  for (std::uint32_t depth = 0; is_modifier(kind(to)) && depth < kMaxChain; ++depth) {
    to = TypeId{types_.third(to)};
  }
  return kind(to) == Kind::kStruct ? Kptr::found : Kptr::bad;
}

/// Where the tag is `kptr`: the others own nothing.
std::string_view SpecialFields::struct_owned_by(TypeId type) const {
  if (kind(type) == Kind::kVolatile) type = TypeId{types_.third(type)};
  TypeId to{types_.third(type)};
  if (types_.name(to) != "kptr") return {};
  while (is_modifier(kind(to))) to = TypeId{types_.third(to)};
  return types_.name(to);
}

/// A struct that the kernel does not have is the program's own.
bool SpecialFields::kernel_cannot_release(std::string_view name) const {
  const View* const kernel = checker_.options().kernel_types;
  if (kernel == nullptr || name.empty() || std::ranges::count(kReleasable, name) != 0) return false;
  return std::ranges::any_of(kernel->named(name.substr(0, essential_length(name))), [&](TypeId id) {
    return kernel->kind(id) == Kind::kStruct && kernel->name(id) == name;
  });
}

void SpecialFields::find_markers() {
  std::array<bool, kFields.size()> named{};
  for (std::uint32_t i = 1; i < types_.end_id(); ++i) {
    const TypeId id{i};
    if (is_broken(id)) continue;
    if (kind(id) == Kind::kStruct && types_.name(id).starts_with("bpf_")) {
      for (const FieldTraits& field : kFields) {
        bool& is_named = named[static_cast<std::size_t>(field.field)];
        if (!field.marks || is_named || types_.name(id) != field.type) continue;
        is_named = true;
        if (checker_.at_least(field.since)) markers_.push_back(id);
      }
    }
    const bool may_point = kind(id) == Kind::kPtr || kind(id) == Kind::kVolatile;
    if (may_point && checker_.at_least(traits_of(Field::kptr).since) && kptr(id) == Kptr::found) {
      markers_.push_back(id);
    }
  }
}

bool SpecialFields::is_marked(TypeId id) const {
  const std::uint32_t count = types_.info(id).vlen;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (std::ranges::binary_search(markers_, types_.record<Member>(id, i).type)) return true;
  }
  return false;
}

std::optional<Field> SpecialFields::field_by_name(TypeId type) const {
  const std::string_view name = types_.name(type);
  for (const FieldTraits& field : kFields) {
    if (!field.type.empty() && name == field.type && checker_.at_least(field.since)) {
      return field.field;
    }
  }
  const bool may_be_kptr = kind(type) != Kind::kStruct;
  if (may_be_kptr && checker_.at_least(traits_of(Field::kptr).since)) return Field::kptr;
  return std::nullopt;
}

std::string SpecialFields::add(Found found, std::uint64_t count, std::uint64_t stride,
                               std::vector<Found>& fields) const {
  if (count > 1 && !traits_of(found.field).may_repeat) return "has one in an array";
  if (fields.size() + count > kMostFields) return fmt::format("has more than {}", kMostFields);
  for (std::uint64_t i = 0; i < count; ++i) {
    fields.push_back(found);
    found.offset += stride;
  }
  return {};
}

TypeId SpecialFields::struct_named(std::string_view name) {
  if (structs_.empty()) {
    for (std::uint32_t id = types_.end_id(); id-- > 1;) {
      if (kind(TypeId{id}) == Kind::kStruct) structs_[types_.name(TypeId{id})] = TypeId{id};
    }
  }
  const auto found = structs_.find(name);
  return found == structs_.end() ? TypeId{0} : found->second;
}

void SpecialFields::find_tags() {
  has_tags_ = true;
  for (std::uint32_t i = 1; i < types_.end_id(); ++i) {
    const TypeId id{i};
    if (kind(id) != Kind::kDeclTag || !types_.name(id).starts_with(kContains)) continue;
    const std::uint64_t target = std::uint64_t{types_.third(id)} << 32 | types_.word(id, 12);
    const std::string_view text = types_.string(types_.name_offset(id).value, kMaxTagSize);
    const auto [tag, is_new] = tags_.emplace(target, Tag{text.substr(kContains.size()), false});
    tag->second.is_repeated = !is_new;
  }
}

/// A DECL_TAG on the member says what a list or a tree holds: "contains:STRUCT:MEMBER".
std::string SpecialFields::what_root_contains(TypeId owner, std::uint32_t index, Found& root) {
  if (!has_tags_) find_tags();
  const auto tag = tags_.find(std::uint64_t{owner.value} << 32 | index);
  if (tag == tags_.end()) return "has a list or a tree without a `contains:` tag";
  if (tag->second.is_repeated) return "has a list or a tree with two `contains:` tags";
  const std::string_view value = tag->second.value;
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos) return "has a `contains:` tag that names no member";
  root.value = struct_named(value.substr(0, colon));
  root.node = value.substr(colon + 1);
  if (root.value.value == 0 || root.node.empty()) {
    return "has a `contains:` tag with a struct or member that is not there";
  }
  return {};
}

std::string SpecialFields::find_in_nested(TypeId id, std::uint64_t offset, std::uint64_t count,
                                          std::uint32_t depth, std::vector<Found>& fields) {
  if (!checker_.at_least({6, 11})) return {};
  if (++depth >= kMaxDepth) return "has too many structs inside each other";
  const std::size_t before = fields.size();
  if (const auto plain = plain_.find(id.value); plain != plain_.end()) {
    return depth + plain->second >= kMaxDepth ? "has too many structs inside each other" : "";
  }
  if (std::string problem = find_in_struct(id, depth, fields); !problem.empty()) return problem;
  const std::size_t own = fields.size() - before;
  for (std::size_t i = before; i < fields.size(); ++i) fields[i].offset += offset;
  if (own == 0 || count <= 1) return {};
  for (std::size_t i = 0; i < own; ++i) {
    if (!traits_of(fields[before + i].field).may_repeat) return "has one in an array";
  }
  if (before + own * count > kMostFields) return fmt::format("has more than {}", kMostFields);
  for (std::uint64_t repeat = 1; repeat < count; ++repeat) {
    for (std::size_t i = 0; i < own; ++i) {
      Found copy = fields[before + i];
      copy.offset += repeat * types_.third(id);
      fields.push_back(copy);
    }
  }
  return {};
}

std::string SpecialFields::find_in_member(TypeId owner, std::uint32_t index, const Member& member,
                                          std::uint32_t depth, std::uint32_t& seen,
                                          std::vector<Found>& fields) {
  TypeId type = member.type;
  std::uint32_t count = 1;  // elements, with the kernel's 32 bits
  std::uint32_t arrays = 0;
  for (; arrays < kMaxDepth && kind(type) == Kind::kArray; ++arrays) {
    count *= types_.word(type, 20);
    type = TypeId{types_.word(type, 12)};
  }
  if (arrays == kMaxDepth) return "has too many arrays of arrays";
  if (count == 0 || is_broken(type)) return {};
  const std::uint64_t offset = member.offset.value / 8;
  const auto field = field_by_name(type);
  if (!field) {
    if (kind(type) != Kind::kStruct) return {};
    return find_in_nested(type, offset, count, depth, fields);
  }
  const FieldTraits& of = traits_of(*field);
  if (of.is_unique) {
    if ((seen >> static_cast<unsigned>(*field) & 1) != 0) return fmt::format("has two {}", of.type);
    seen |= 1U << static_cast<unsigned>(*field);
  }
  if (offset % of.alignment != 0) return {};
  Found found{.field = *field, .offset = offset};
  if (*field == Field::kptr) {
    const Kptr is = kptr(type);
    if (is == Kptr::bad) return "has a pointer with a type tag that is no kptr";
    if (is == Kptr::none) return {};
    found.kptr = struct_owned_by(type);
  } else {
    if (kind(type) != Kind::kStruct || types_.third(type) != size_of_node(*field)) return {};
    if (*field == Field::list_head || *field == Field::rb_root) {
      if (std::string problem = what_root_contains(owner, index, found); !problem.empty()) {
        return problem;
      }
    }
  }
  return add(found, count, size_of_node(*field), fields);
}

std::string SpecialFields::find_in_struct(TypeId id, std::uint32_t depth,
                                          std::vector<Found>& fields) {
  const std::size_t before = fields.size();
  const std::uint32_t members = types_.info(id).vlen;
  std::uint32_t seen = 0;
  std::uint32_t deepest = 0;  // structs inside each other, in plain members
  for (std::uint32_t i = 0; i < members; ++i) {
    const auto member = types_.record<Member>(id, i);
    if (member.offset.value % 8 != 0) return fmt::format("has member {} at no byte", i);
    if (std::string problem = find_in_member(id, i, member, depth, seen, fields);
        !problem.empty()) {
      return problem;
    }
    TypeId type = member.type;
    while (kind(type) == Kind::kArray) type = TypeId{types_.word(type, 12)};
    if (const auto plain = plain_.find(type.value); plain != plain_.end()) {
      deepest = std::max(deepest, plain->second + 1);
    }
  }
  if (fields.size() == before) plain_[id.value] = deepest;
  return {};
}

/// The struct that a list or a tree holds has the node that it hangs on.
std::string SpecialFields::check_root(const Found& root) const {
  const Field node = root.field == Field::list_head ? Field::list_node : Field::rb_node;
  const std::uint32_t members = types_.info(root.value).vlen;
  bool is_there = false;
  for (std::uint32_t i = 0; i < members; ++i) {
    const auto member = types_.record<Member>(root.value, i);
    if (types_.string(member.name.value) != root.node) continue;
    const bool is_node =
        kind(member.type) == Kind::kStruct && types_.name(member.type) == traits_of(node).type;
    // The kernel reads the offset by the kind_flag of the node's own struct.
    const std::uint32_t word = types_.word(root.value, kTypeHeaderSize + i * std::size_t{12} + 8);
    const std::uint64_t bits =
        is_node && types_.info(member.type).kind_flag ? word & 0xffffff : word;
    if (is_there || !is_node || bits % 64 != 0) {
      return fmt::format("has a list or a tree of [{}], whose `{}` is no {}", root.value.value,
                         root.node, traits_of(node).type);
    }
    is_there = true;
  }
  if (is_there) return {};
  return fmt::format("has a list or a tree of [{}], which has no `{}`", root.value.value,
                     root.node);
}

Record SpecialFields::record_of(TypeId id) {
  Record record;
  record.problem = find_in_struct(id, 0, record.fields);
  if (!record.problem.empty()) return record;
  if (record.fields.empty()) record.problem = "has one at a wrong offset, or of a wrong size";
  std::uint64_t reached = 0;
  for (const Found& found : record.fields) {
    const std::uint64_t end = found.offset + size_of_node(found.field);
    if (end > types_.third(id)) record.problem = "has one that ends behind it";
    if (found.offset < reached) record.problem = "has two that overlap, or are out of order";
    reached = end;
    if (!record.problem.empty()) continue;
    if (found.value.value != 0) record.problem = check_root(found);
    if (kernel_cannot_release(found.kptr)) {
      record.problem =
          fmt::format("has a kptr to `{}`, which the kernel cannot release", found.kptr);
    }
  }
  if (!record.problem.empty()) return record;
  if (record.has(Field::lock) && record.has(Field::res_lock)) {
    record.problem = "has locks of both kinds";
  }
  if (record.is_root() && !record.has(Field::lock) && !record.has(Field::res_lock)) {
    record.problem = "has a list or a tree, and no lock";
  }
  if (record.has(Field::list_node) && record.has(Field::rb_node) && !record.has(Field::refcount)) {
    record.problem = "has nodes of a list and of a tree, and no bpf_refcount";
  }
  return record;
}

void SpecialFields::check_struct(TypeId id) {
  Record record = record_of(id);
  if (!record.problem.empty()) {
    checker_.report(Rule::special_field, Checker::Place{types_, id, 0}, "of special fields, it {}",
                    record.problem);
  }
  marked_.push_back(id);
  records_.emplace(id.value, std::move(record));
}

/// What lists and trees hold has a record of its own, and is no owner where its owner is owned.
void SpecialFields::check_owners(TypeId id) {
  const Record& record = records_.at(id.value);
  if (!record.problem.empty()) return;
  for (const Found& found : record.fields) {
    if (found.value.value == 0) continue;
    const auto held = records_.find(found.value.value);
    if (held == records_.end()) {
      checker_.report(Rule::special_field, Checker::Place{types_, id, 0},
                      "of special fields, it has a list or a tree of [{}], which has none",
                      found.value.value);
    } else if (record.is_node() && held->second.is_root()) {
      checker_.report(Rule::special_field, Checker::Place{types_, id, 0},
                      "it is owned, and owns [{}], which is an owner, too", found.value.value);
    }
  }
}

}  // namespace

void check_special_fields(Checker& checker, const RawTypes& types, const BrokenTypes& broken) {
  if (checker.demands(Rule::special_field)) SpecialFields(checker, types, broken).check();
}

}  // namespace btfreloc::btf
