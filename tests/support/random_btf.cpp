#include "support/random_btf.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "btf/kinds.h"
#include "btf/types.h"

namespace btfreloc::test {
namespace {

using btf::Kind;

constexpr auto kTypeNames = std::to_array<const char*>({"task", "inode", "file", "sock", "nf_conn",
                                                        "nf_conn___init", "a___b", "page", "work_t",
                                                        "class_t", "class_t___old", "list_head"});
constexpr auto kFunctionNames =
    std::to_array<const char*>({"vfs_read", "do_exit", "tcp_close", "task", "kfree", "schedule"});
constexpr auto kMemberNames = std::to_array<const char*>(
    {"a", "b", "c", "next", "list", "flags", "x", "y", "rcu", "", "task", "sym___old"});
constexpr auto kEnumeratorNames = std::to_array<const char*>(
    {"ZERO", "ONE", "TWO", "MINUS", "LAST", "LAST___old", "A_MAX", "B_MAX"});
constexpr auto kTagNames =
    std::to_array<const char*>({"user", "rcu", "percpu", "bpf_kfunc", "bpf_fastcall", "task"});

Kind kind_of(const ModelType& type) { return static_cast<Kind>(type.kind); }
std::uint32_t number(Kind kind) { return static_cast<std::uint32_t>(kind); }

/// Tags have texts, which are no names.
bool is_named(const ModelType& type) {
  return !type.name.empty() && kind_of(type) != Kind::kDeclTag && kind_of(type) != Kind::kTypeTag;
}

/// What a reference may lead to.
enum class Use : std::uint8_t { value, pointee, proto, integer, section_entry, tag_target };

bool suits(const ModelType& type, Use use) {
  const Kind kind = kind_of(type);
  switch (use) {
    case Use::proto: return kind == Kind::kFuncProto;
    case Use::integer: return kind == Kind::kInt;
    case Use::section_entry: return kind == Kind::kVar || kind == Kind::kFunc;
    case Use::tag_target:
      return kind == Kind::kStruct || kind == Kind::kUnion || kind == Kind::kFunc ||
             kind == Kind::kVar || kind == Kind::kTypedef;
    case Use::pointee:
      if (kind == Kind::kFwd || kind == Kind::kFuncProto) return true;
      [[fallthrough]];
    case Use::value:
      return kind != Kind::kFwd && kind != Kind::kFunc && kind != Kind::kFuncProto &&
             kind != Kind::kVar && kind != Kind::kDatasec && kind != Kind::kDeclTag;
  }
  return false;
}

/// Makes types, and changes them, so that what one holds by value comes before it, and only named
/// types can be reached from themselves.
class Author {
 public:
  Author(Random& random, Model& model, const Model* base)
      : random_(random), model_(model), base_(base) {}

  /// Types with which all others can be made.
  void begin() {
    add_int("int", 4, true);
    add_int(random_.percent(50) ? "long" : "long unsigned int", random_.percent(70) ? 8 : 4, true);
    add_int("char", 1, false);
  }

  void add_any() {
    constexpr auto kWeights = std::to_array<std::pair<Kind, std::uint32_t>>({{Kind::kInt, 3},
                                                                             {Kind::kPtr, 12},
                                                                             {Kind::kArray, 6},
                                                                             {Kind::kStruct, 16},
                                                                             {Kind::kUnion, 6},
                                                                             {Kind::kEnum, 5},
                                                                             {Kind::kFwd, 3},
                                                                             {Kind::kTypedef, 6},
                                                                             {Kind::kVolatile, 2},
                                                                             {Kind::kConst, 4},
                                                                             {Kind::kRestrict, 1},
                                                                             {Kind::kFunc, 6},
                                                                             {Kind::kVar, 3},
                                                                             {Kind::kFuncProto, 8},
                                                                             {Kind::kDatasec, 1},
                                                                             {Kind::kFloat, 1},
                                                                             {Kind::kDeclTag, 5},
                                                                             {Kind::kTypeTag, 3},
                                                                             {Kind::kEnum64, 3}});
    std::uint32_t all = 0;
    for (const auto& [kind, weight] : kWeights) all += weight;
    std::uint32_t chosen = random_.below(all);
    for (const auto& [kind, weight] : kWeights) {
      if (chosen < weight) return add(kind);
      chosen -= weight;
    }
  }

  /// Bitfields are integers: what else has the size of one would be read as anything.
  void mend() {
    for (ModelType& type : model_.types) {
      const bool is_composite = kind_of(type) == Kind::kStruct || kind_of(type) == Kind::kUnion;
      if (!type.flag || !is_composite) continue;
      for (auto& member : type.records) {
        const Kind kind = member.type == 0 ? Kind::kVoid : kind_of(at(member.type));
        if (kind != Kind::kInt && !btf::is_enum(kind)) member.first &= 0xffffff;
      }
    }
  }

  void change() {
    if (model_.types.empty()) return add_any();
    const auto index = random_.below(model_.types.size());
    ModelType& type = model_.types[index];
    switch (random_.below(12)) {
      case 0:
      case 1: return add_any();
      case 2: return add_copy();
      case 3: return remove(index);
      case 4: return rename(type);
      case 5: return change_size(type);
      case 6:
      case 7: return change_record(index);
      case 8: return retarget(index);
      case 9: return flip(type);
      case 10: return swap_same_named();
      default: return change_number(type);
    }
  }

 private:
  const ModelType& at(std::uint32_t id) const {
    return id < model_.base_count ? base_->types[id - 1] : model_.types[id - model_.base_count];
  }

  /// A type for that use by a type that gets the id `user`; void where there is none.
  std::uint32_t find(Use use, std::uint32_t user, bool behind_pointer = false) {
    if (behind_pointer && random_.percent(8)) return 0;
    for (int attempt = 0; attempt < 20; ++attempt) {
      const std::uint32_t id = random_.below(behind_pointer ? model_.count() : user);
      if (id == 0 || !suits(at(id), use)) continue;
      if (id < user || is_named(at(id))) return id;
    }
    return use == Use::value || use == Use::integer ? 1 : 0;
  }

  std::string type_name() {
    std::string name = random_.one_of(kTypeNames);
    if (random_.percent(60)) name += std::to_string(random_.below(6));
    if (random_.percent(1)) name += std::string(200, 'n');
    return name;
  }

  void add_int(const char* name, std::uint32_t size, bool is_signed) {
    model_.types.push_back({.kind = number(Kind::kInt),
                            .name = name,
                            .size = size,
                            .number = size * 8 | (is_signed ? 1U << 24 : 0)});
  }

  ModelType::Record record(Kind kind, std::uint32_t user) {
    switch (kind) {
      case Kind::kStruct:
      case Kind::kUnion:
        return {.name = random_.one_of(kMemberNames),
                .type = find(Use::value, user),
                .first = kind == Kind::kUnion ? 0 : random_.below(64) * 8};
      case Kind::kEnum:
        return {.name = random_.one_of(kEnumeratorNames),
                .first = random_.percent(30) ? 0U - random_.below(5) : random_.below(300)};
      case Kind::kEnum64:
        return {.name = random_.one_of(kEnumeratorNames),
                .first = random_.below(1U << 31),
                .second = random_.percent(30) ? ~0U : random_.below(3)};
      case Kind::kFuncProto:
        return {.name = random_.one_of(kMemberNames), .type = find(Use::value, user, true)};
      default:
        return {.name = {},
                .type = find(Use::section_entry, user),
                .first = random_.below(64) * 8,
                .second = 1 + random_.below(16)};
    }
  }

  void add_records(ModelType& type, std::uint32_t user, std::uint32_t most) {
    for (std::uint32_t count = random_.below(most + 1); count > 0; --count) {
      type.records.push_back(record(kind_of(type), user));
    }
    // With the flag, the upper eight bits of an offset are the size of a bitfield.
    if (!type.flag || (kind_of(type) != Kind::kStruct && kind_of(type) != Kind::kUnion)) return;
    for (auto& member : type.records) {
      if (random_.percent(50)) member.first |= (1 + random_.below(31)) << 24;
    }
  }

  void add(Kind kind) {
    const std::uint32_t user = model_.count();
    ModelType type{.kind = number(kind)};
    switch (kind) {
      case Kind::kInt:
        return add_int(type_name().c_str(), 1U << random_.below(4), random_.percent(50));
      case Kind::kPtr: type.type = find(Use::pointee, user, true); break;
      case Kind::kArray:
        type.type = find(Use::value, user);
        type.index_type = find(Use::integer, user);
        type.number = random_.percent(20) ? 0 : random_.below(10);
        break;
      case Kind::kStruct:
      case Kind::kUnion:
        if (random_.percent(70)) type.name = type_name();
        type.size = random_.below(64) * 8;
        type.flag = random_.percent(20);
        add_records(type, user, 6);
        break;
      case Kind::kEnum:
      case Kind::kEnum64:
        if (random_.percent(60)) type.name = type_name();
        type.size = kind == Kind::kEnum64 ? 8 : 4;
        type.flag = random_.percent(30);
        add_records(type, user, 4);
        break;
      case Kind::kFwd:
        type.name = type_name();
        type.flag = random_.percent(30);
        break;
      case Kind::kTypedef:
        type.name = type_name();
        type.type = find(Use::value, user);
        break;
      case Kind::kVolatile:
      case Kind::kConst:
      case Kind::kRestrict: type.type = find(Use::pointee, user); break;
      case Kind::kFunc:
        type.name = random_.one_of(kFunctionNames);
        if (random_.percent(60)) type.name += std::to_string(random_.below(6));
        type.type = find(Use::proto, user);
        type.linkage = random_.below(3);
        if (type.type == 0) return add(Kind::kFuncProto);
        break;
      case Kind::kFuncProto:
        type.type = find(Use::value, user, true);
        add_records(type, user, 4);
        if (random_.percent(10)) type.records.push_back({});
        break;
      case Kind::kVar:
        type.name = type_name();
        type.type = find(Use::value, user);
        type.number = random_.below(3);
        break;
      case Kind::kDatasec:
        type.name = random_.percent(50) ? ".data..percpu" : ".ksyms";
        type.size = random_.below(64) * 8;
        add_records(type, user, 4);
        std::erase_if(type.records, [](const auto& entry) { return entry.type == 0; });
        break;
      case Kind::kFloat:
        type.name = random_.percent(50) ? "double" : "float";
        type.size = type.name == "double" ? 8 : 4;
        break;
      case Kind::kDeclTag:
        type.name = random_.one_of(kTagNames);
        type.type = find(Use::tag_target, user);
        type.number = tagged_component(type.type);
        type.flag = random_.percent(20);
        if (type.type == 0) return;
        break;
      default:
        type.name = random_.one_of(kTagNames);
        type.type = find(Use::pointee, user);
        type.flag = random_.percent(20);
        break;
    }
    model_.types.push_back(std::move(type));
  }

  std::uint32_t tagged_component(std::uint32_t target) {
    if (target == 0 || random_.percent(40)) return ~0U;
    const ModelType& type = at(target);
    const std::size_t count = kind_of(type) == Kind::kFunc && type.type != 0
                                  ? at(type.type).records.size()
                                  : type.records.size();
    return count == 0 ? ~0U : random_.below(count);
  }

  /// The same once more, of a named type most often with a difference.
  void add_copy() {
    ModelType copy = random_.one_of(model_.types);
    if (!copy.records.empty() && random_.percent(50)) copy.records.pop_back();
    model_.types.push_back(std::move(copy));
  }

  template <class F>
  static void for_each_reference(ModelType& type, F&& f) {
    f(type.type);
    f(type.index_type);
    for (auto& record : type.records) f(record.type);
  }

  void remove(std::uint32_t index) {
    const std::uint32_t id = model_.base_count + index;
    if (id <= 3) return;
    bool is_used = false;
    for (ModelType& type : model_.types) {
      for_each_reference(type, [&](std::uint32_t to) { is_used |= to == id; });
    }
    if (is_used) return;
    model_.types.erase(model_.types.begin() + index);
    for (ModelType& type : model_.types) {
      for_each_reference(type, [&](std::uint32_t& to) { to -= to > id ? 1 : 0; });
    }
  }

  void rename(ModelType& type) {
    if (!type.records.empty() && kind_of(type) != Kind::kDatasec && random_.percent(50)) {
      auto& record = random_.one_of(type.records);
      record.name = kind_of(type) == Kind::kEnum || kind_of(type) == Kind::kEnum64
                        ? random_.one_of(kEnumeratorNames)
                        : random_.one_of(kMemberNames);
    } else if (is_named(type)) {
      type.name = type_name();
    }
  }

  void change_size(ModelType& type) {
    const Kind kind = kind_of(type);
    if (kind == Kind::kStruct || kind == Kind::kUnion || kind == Kind::kDatasec) {
      type.size = random_.below(100) * 8;
    }
  }

  void change_record(std::uint32_t index) {
    ModelType& type = model_.types[index];
    if (type.records.empty()) return;
    const std::uint32_t at = random_.below(type.records.size());
    switch (random_.below(4)) {
      case 0: type.records.erase(type.records.begin() + at); break;
      case 1: {
        auto added = record(kind_of(type), model_.base_count + index);
        if (kind_of(type) == Kind::kDatasec && added.type == 0) break;
        type.records.insert(type.records.begin() + at, std::move(added));
        break;
      }
      case 2: std::swap(type.records[at], random_.one_of(type.records)); break;
      default:
        if (kind_of(type) == Kind::kFuncProto) break;
        type.records[at].first = type.flag ? (type.records[at].first ^ 8) : random_.below(500);
        break;
    }
  }

  void retarget(std::uint32_t index) {
    const std::uint32_t user = model_.base_count + index;
    ModelType& type = model_.types[index];
    switch (kind_of(type)) {
      case Kind::kPtr: type.type = find(Use::pointee, user, true); break;
      case Kind::kArray:
      case Kind::kTypedef:
      case Kind::kVar:
        if (user > 3) type.type = find(Use::value, user);
        break;
      case Kind::kStruct:
      case Kind::kUnion:
        if (!type.records.empty()) random_.one_of(type.records).type = find(Use::value, user);
        break;
      case Kind::kFunc:
        if (const std::uint32_t proto = find(Use::proto, user); proto != 0) type.type = proto;
        break;
      default: break;
    }
  }

  void flip(ModelType& type) {
    const Kind kind = kind_of(type);
    if (kind == Kind::kFwd || kind == Kind::kEnum || kind == Kind::kEnum64 ||
        kind == Kind::kDeclTag || kind == Kind::kTypeTag) {
      type.flag = !type.flag;
    }
    if (kind == Kind::kFunc) type.linkage = random_.below(3);
  }

  void change_number(ModelType& type) {
    if (kind_of(type) == Kind::kArray) type.number = random_.below(10);
    if (kind_of(type) == Kind::kVar) type.number = random_.below(3);
    if (kind_of(type) == Kind::kDeclTag) type.number = tagged_component(type.type);
  }

  /// The order of two types of one kind and name changes, if what they hold allows it.
  void swap_same_named() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      ModelType& one = random_.one_of(model_.types);
      ModelType& other = random_.one_of(model_.types);
      if (&one == &other || one.kind != other.kind || one.name != other.name) continue;
      if (kind_of(one) != Kind::kEnum && kind_of(one) != Kind::kEnum64) continue;
      return std::swap(one, other);
    }
  }

  Random& random_;
  Model& model_;
  const Model* base_;
};

/// What a type is called in a model, whatever its place.
using Identity = std::tuple<std::uint32_t, bool, std::string, std::uint32_t>;
std::vector<Identity> identities(const Model& model) {
  std::map<std::tuple<std::uint32_t, bool, std::string>, std::uint32_t> seen;
  std::vector<Identity> all;
  for (const ModelType& type : model.types) {
    const bool flag = kind_of(type) == Kind::kFwd && type.flag;
    all.emplace_back(type.kind, flag, type.name, seen[{type.kind, flag, type.name}]++);
  }
  return all;
}

/// Indices of own types, in the order in which they get ids.
std::vector<std::uint32_t> random_order(Random& random, const Model& model, Shuffle shuffle) {
  std::vector<std::uint32_t> order(model.types.size());
  std::iota(order.begin(), order.end(), 0);
  if (shuffle == Shuffle::none) return order;
  random.shuffle(order);
  if (shuffle == Shuffle::any) return order;
  std::map<std::tuple<std::uint32_t, bool, std::string>, std::vector<std::size_t>> places;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const ModelType& type = model.types[order[place]];
    if (!is_named(type)) continue;
    places[{type.kind, kind_of(type) == Kind::kFwd && type.flag, type.name}].push_back(place);
  }
  for (const auto& [name, same] : places) {
    std::vector<std::uint32_t> indices;
    for (const std::size_t place : same) indices.push_back(order[place]);
    std::ranges::sort(indices);
    for (std::size_t i = 0; i < same.size(); ++i) order[same[i]] = indices[i];
  }
  return order;
}

/// The strings of a blob on its way out.
class Strings {
 public:
  Strings(Random& random, WrittenBtf& btf, const WrittenBtf* base, bool are_odd)
      : random_(random), btf_(btf), base_(base), are_odd_(are_odd) {
    start_ = base == nullptr ? 0 : base->strings_end;
    if (base == nullptr) append("");
  }

  std::uint32_t offset(const std::string& text) {
    if (text.empty()) return 0;
    const bool again = are_odd_ && random_.percent(3);
    if (base_ != nullptr && !again) {
      if (const auto found = base_->strings.find(text); found != base_->strings.end()) {
        return found->second;
      }
    }
    if (const auto found = btf_.strings.find(text); found != btf_.strings.end() && !again) {
      return found->second;
    }
    if (are_odd_ && random_.percent(3)) append("unused" + std::to_string(random_.below(5)));
    return append(text);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::uint32_t append(const std::string& text) {
    const auto offset = start_ + static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(text).push_back('\0');
    btf_.strings[text] = offset;
    btf_.strings_end = start_ + static_cast<std::uint32_t>(bytes_.size());
    return offset;
  }

  Random& random_;
  WrittenBtf& btf_;
  const WrittenBtf* base_;
  bool are_odd_;
  std::uint32_t start_;
  std::string bytes_;
};

}  // namespace

Model random_kernel(Random& random, std::uint32_t types) {
  Model model;
  Author author(random, model, nullptr);
  author.begin();
  while (model.types.size() < types) {
    if (random.percent(8)) {
      author.change();
    } else {
      author.add_any();
    }
  }
  author.mend();
  return model;
}

Model random_module(Random& random, const Model& kernel, std::uint32_t types) {
  Model model{.base_count = kernel.count(), .types = {}};
  Author author(random, model, &kernel);
  for (std::uint32_t i = 0; i < types; ++i) author.add_any();
  author.mend();
  return model;
}

void mutate(Random& random, Model& model, const Model* base, std::uint32_t changes) {
  Author author(random, model, base);
  for (; changes > 0; --changes) author.change();
  author.mend();
}

Model moved(const Model& module, const Model& from, const Model& to) {
  const std::vector<Identity> before = identities(from);
  const std::vector<Identity> after = identities(to);
  std::map<Identity, std::uint32_t> places;
  std::map<std::uint32_t, std::uint32_t> any_of_kind;
  for (std::uint32_t i = 0; i < after.size(); ++i) {
    places.emplace(after[i], i + 1);
    any_of_kind.emplace(std::get<0>(after[i]), i + 1);
  }
  Model model{.base_count = to.count(), .types = module.types};
  const auto move = [&](std::uint32_t& id) {
    if (id == 0) return;
    if (id >= module.base_count) {
      id = id - module.base_count + model.base_count;
    } else {
      const auto place = places.find(before[id - 1]);
      const auto alike = any_of_kind.find(std::get<0>(before[id - 1]));
      id = place != places.end() ? place->second : alike != any_of_kind.end() ? alike->second : 1;
    }
  };
  for (ModelType& type : model.types) {
    move(type.type);
    move(type.index_type);
    for (auto& record : type.records) move(record.type);
  }
  return model;
}

WrittenBtf write(Random& random, const Model& model, const WriteOptions& options,
                 const WrittenBtf* base) {
  WrittenBtf btf;
  if (base != nullptr) btf.ids = base->ids;
  if (base == nullptr) btf.ids = {0};
  const std::vector<std::uint32_t> order = random_order(random, model, options.shuffle);
  btf.ids.resize(model.count());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    btf.ids[model.base_count + order[i]] = model.base_count + i;
  }
  Strings strings(random, btf, base, options.has_odd_strings);
  ByteVector types;
  const auto word = [&](std::uint32_t value) { put(types, types.size(), value, options.order); };
  for (const std::uint32_t index : order) {
    const ModelType& type = model.types[index];
    const btf::KindTraits& traits = btf::traits(kind_of(type));
    const bool has_records = traits.record != btf::Record::none;
    word(strings.offset(type.name));
    word((has_records ? static_cast<std::uint32_t>(type.records.size()) : type.linkage) |
         type.kind << 24 | (type.flag ? 1U << 31 : 0));
    word(traits.third == btf::ThirdWord::type ? btf.ids[type.type] : type.size);
    if (kind_of(type) == Kind::kArray) {
      word(btf.ids[type.type]);
      word(btf.ids[type.index_type]);
    }
    if (traits.fixed > 0) word(type.number);
    for (const auto& record : type.records) {
      if (traits.record != btf::Record::section_var) word(strings.offset(record.name));
      if (traits.record != btf::Record::enumerator && traits.record != btf::Record::enumerator64) {
        word(btf.ids[record.type]);
      }
      if (traits.record != btf::Record::param) word(record.first);
      if (traits.record == btf::Record::section_var || traits.record == btf::Record::enumerator64) {
        word(record.second);
      }
    }
  }
  const auto append = [&](auto value) { put(btf.bytes, btf.bytes.size(), value, options.order); };
  append(std::uint16_t{0xeb9f});
  append(std::uint16_t{options.order == std::endian::little ? std::uint16_t{1}
                                                            : std::uint16_t{0x100}});
  append(std::uint32_t{24});
  append(std::uint32_t{0});
  append(static_cast<std::uint32_t>(types.size()));
  append(static_cast<std::uint32_t>(types.size()));
  append(static_cast<std::uint32_t>(strings.bytes().size()));
  btf.bytes.insert(btf.bytes.end(), types.begin(), types.end());
  for (const char c : strings.bytes()) btf.bytes.push_back(static_cast<std::byte>(c));
  if (strings.bytes().empty() && base != nullptr) btf.strings_end = base->strings_end;
  return btf;
}

}  // namespace btfreloc::test
