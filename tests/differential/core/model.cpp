#include "core/model.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace btfreloc::test {
namespace {

using btf::Kind;

constexpr int kMaxDepth = 3;

/// Essential names of roots, short ones among them, and what may follow.
constexpr auto kRootNames =
    std::to_array<std::string_view>({"task", "a", "ab", "abc", "abcd", "sk_buff", "x_y"});
constexpr auto kFlavors =
    std::to_array<std::string_view>({"", "", "", "___v2", "___old", "___", "____x"});

std::uint32_t align_up(std::uint32_t bits, std::uint32_t to) { return (bits + to - 1) / to * to; }

int add(Model& model, ModelType type) {
  model.types.push_back(std::move(type));
  return static_cast<int>(model.types.size()) - 1;
}

/// The integers every model starts with. Those named long tell the size of a pointer.
void add_integers(Model& model) {
  const auto integer = [&](const char* name, std::uint32_t size, std::uint8_t encoding) {
    add(model, {.kind = Kind::kInt, .name = name, .size = size, .encoding = encoding});
  };
  integer("long unsigned int", model.pointer_size, 0);
  integer("int", 4, btf::kIntSigned);
  integer("unsigned int", 4, 0);
  integer("short", 2, btf::kIntSigned);
  integer("unsigned char", 1, 0);
  integer("char", 1, btf::kIntSigned);
  integer("_Bool", 1, btf::kIntBool);
  integer("long long", 8, btf::kIntSigned);
  integer("u64", 8, 0);
  integer("u16", 2, 0);
  integer("__int128", 16, btf::kIntSigned);
}
constexpr std::uint32_t kIntegers = 11;
constexpr auto kUnsigned = std::to_array<int>({0, 2, 4, 6, 8, 9});
constexpr std::uint32_t kInt128 = 10;  ///< The last: no bitfield, which we refuse.

class Builder {
 public:
  Builder(Model& model, Choices& choices) : model_(model), choices_(choices) {}

  int integer() { return static_cast<int>(choices_.below(kIntegers)); }

  int unsigned_integer() { return choices_.one_of(kUnsigned); }

  std::string root_name() {
    return std::string(choices_.one_of(kRootNames)) + std::string(choices_.one_of(kFlavors));
  }

  int enumeration(std::string name) {
    const bool wide = choices_.percent(30);
    ModelType type{.kind = wide ? Kind::kEnum64 : Kind::kEnum,
                   .name = std::move(name),
                   .size = wide ? 8U : 4U,
                   .flag = choices_.percent(40)};
    const std::uint32_t count = 1 + choices_.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint64_t value = choices_.below(300);
      if (choices_.percent(20)) value = type.flag ? ~value : 0x80000000ULL + value;
      if (wide && choices_.percent(20)) value |= std::uint64_t{1} << 40;
      type.values.emplace_back(model_.fresh_name() + std::string(choices_.one_of(kFlavors)), value);
    }
    return add(model_, std::move(type));
  }

  /// A struct or union; its types come before it, so that none contains itself.
  int composite(std::string name, int depth) {
    ModelType type{.kind = choices_.percent(25) ? Kind::kUnion : Kind::kStruct,
                   .name = std::move(name)};
    const std::uint32_t count = 1 + choices_.below(5);
    for (std::uint32_t i = 0; i < count; ++i) type.members.push_back(member(depth));
    return add(model_, std::move(type));
  }

  ModelMember member(int depth) {
    if (depth < kMaxDepth && choices_.percent(18)) {
      return {.name = "", .type = composite("", depth + 1)};
    }
    ModelMember made{.name = model_.fresh_name()};
    if (choices_.percent(15)) {
      made.type =
          choices_.percent(20) ? enumeration("e") : static_cast<int>(choices_.below(kInt128));
      made.bits = 1 + choices_.below(std::min(8 * model_.size_of(made.type), 64U));
      return made;
    }
    made.type = wrapped(value_type(depth));
    return made;
  }

  int value_type(int depth) {
    switch (choices_.below(12)) {
      case 0: return pointer(depth);
      case 1: return array(integer());
      case 2: return array(value_type(std::min(depth + 1, kMaxDepth)));
      case 3:
        return depth < kMaxDepth ? composite(choices_.percent(50) ? "inner" : "", depth + 1)
                                 : integer();
      case 4: return enumeration(choices_.percent(50) ? "e" : "");
      case 5: return add(model_, {.kind = Kind::kFloat, .name = "double", .size = 8});
      case 6: return pointer(depth);
      case 7: return unsigned_integer();
      default: return integer();
    }
  }

  int pointer(int depth) {
    int to = kVoidRef;
    switch (choices_.below(5)) {
      case 0: to = integer(); break;
      case 1:
        to = add(model_, {.kind = Kind::kFwd, .name = "ahead", .flag = choices_.percent(30)});
        break;
      case 2:
        to = static_cast<int>(choices_.below(static_cast<std::uint32_t>(model_.types.size())));
        break;
      case 3: to = depth < kMaxDepth ? function_type(depth + 1) : kVoidRef; break;
      default: break;
    }
    return add(model_, {.kind = Kind::kPtr, .ref = to});
  }

  int function_type(int depth) {
    ModelType type{.kind = Kind::kFuncProto, .ref = choices_.percent(50) ? integer() : kVoidRef};
    const std::uint32_t count = choices_.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
      type.params.push_back(choices_.percent(50) ? pointer(depth) : integer());
    }
    return add(model_, std::move(type));
  }

  int array(int of) {
    return add(model_, {.kind = Kind::kArray, .ref = of, .elements = choices_.below(5)});
  }

  /// Behind some modifiers and typedefs: few, because libbpf follows any number of them in most
  /// places and 32 in others, and we 32.
  int wrapped(int type) {
    constexpr auto kModifiers = std::to_array<Kind>(
        {Kind::kTypedef, Kind::kConst, Kind::kVolatile, Kind::kTypeTag, Kind::kTypedef});
    for (int i = 0; i < 5 && choices_.percent(15); ++i) {
      const Kind kind = choices_.one_of(kModifiers);
      const bool has_name = kind == Kind::kTypedef || kind == Kind::kTypeTag;
      type = add(model_, {.kind = kind, .name = has_name ? "alias" : "", .ref = type});
    }
    return type;
  }

  void root() {
    switch (choices_.below(10)) {
      case 0: enumeration(root_name()); return;
      case 1: enumeration(choices_.percent(90) ? root_name() : ""); return;
      case 2: typedef_of(pointer(0)); return;
      case 3: typedef_of(function_type(0)); return;
      case 4: typedef_of(composite(choices_.percent(50) ? root_name() : "", 0)); return;
      case 5:
        if (choices_.percent(30)) {
          add(model_, {.kind = Kind::kFwd, .name = root_name(), .flag = choices_.percent(30)});
        } else {
          typedef_of(wrapped(value_type(0)));
        }
        return;
      default: composite(root_name(), 0);
    }
  }

 private:
  void typedef_of(int type) {
    add(model_, {.kind = Kind::kTypedef, .name = root_name(), .ref = type});
  }

  Model& model_;
  Choices& choices_;
};

/// Changes one type in a way that kernels do, or that a matcher must survive.
class Mutator {
 public:
  Mutator(Model& model, Choices& choices)
      : model_(model), choices_(choices), builder_(model, choices) {}

  void change(int type) {
    ModelType& it = model_.types[static_cast<std::size_t>(type)];
    if (it.is_composite()) return change_composite(type);
    if (it.is_enum()) return change_enum(it);
    switch (it.kind) {
      case Kind::kArray: it.elements = choices_.below(6); break;
      case Kind::kFwd: it.flag = !it.flag; break;
      case Kind::kTypedef: it.name += choices_.percent(50) ? "___t" : ""; break;
      case Kind::kFuncProto:
        if (!it.params.empty() && choices_.percent(50)) {
          it.params.pop_back();
        } else {
          it.params.push_back(builder_.integer());
        }
        break;
      case Kind::kPtr: it.ref = choices_.percent(50) ? kVoidRef : builder_.integer(); break;
      default: break;
    }
  }

 private:
  // Making a type moves the others: members are always found again by index.
  std::vector<ModelMember>& members(int type) {
    return model_.types[static_cast<std::size_t>(type)].members;
  }

  void change_composite(int type) {
    if (members(type).empty()) return;
    const std::uint32_t at = choices_.below(static_cast<std::uint32_t>(members(type).size()));
    switch (choices_.below(12)) {
      case 0: members(type).erase(members(type).begin() + at); break;
      case 1:
      case 2: {
        ModelMember added = builder_.member(kMaxDepth - 1);
        members(type).insert(members(type).begin() + at, std::move(added));
        break;
      }
      case 3: std::swap(members(type)[0], members(type)[at]); break;
      case 4:
        if (!members(type)[at].name.empty()) members(type)[at].name = model_.fresh_name();
        break;
      case 5: std::swap(members(type)[0].name, members(type)[at].name); break;
      case 6:
      case 7: {
        // Unsigned integers may change their size: those are the interesting ones.
        const int other = builder_.wrapped(choices_.percent(40)   ? builder_.unsigned_integer()
                                           : choices_.percent(40) ? builder_.integer()
                                                                  : builder_.value_type(kMaxDepth));
        if (members(type)[at].name.empty()) break;
        members(type)[at].type = other;
        members(type)[at].bits = 0;
        break;
      }
      case 8: wrap_in_anonymous(type, at); break;
      case 9: {
        ModelType& it = model_.types[static_cast<std::size_t>(type)];
        it.kind = it.kind == Kind::kStruct ? Kind::kUnion : Kind::kStruct;
        break;
      }
      case 10:
        if (members(type)[at].bits != 0) {
          members(type)[at].bits =
              1 + choices_.below(std::min(8 * model_.size_of(members(type)[at].type), 64U));
        }
        break;
      default: model_.types[static_cast<std::size_t>(type)].name += "___k"; break;
    }
  }

  void wrap_in_anonymous(int type, std::uint32_t at) {
    ModelType wrapper{.kind = choices_.percent(50) ? Kind::kUnion : Kind::kStruct};
    wrapper.members.push_back(members(type)[at]);
    const int made = add(model_, std::move(wrapper));
    members(type)[at] = {.name = choices_.percent(85) ? "" : model_.fresh_name(), .type = made};
  }

  void change_enum(ModelType& it) {
    const std::uint32_t at = choices_.below(static_cast<std::uint32_t>(it.values.size()));
    switch (choices_.below(6)) {
      case 0: it.values.erase(it.values.begin() + at); break;
      case 1: it.values[at].second += 1 + choices_.below(9); break;
      case 2: it.values[at].first += "___w"; break;
      case 3: it.values.insert(it.values.begin(), {model_.fresh_name(), 77}); break;
      case 4:
        it.kind = it.kind == Kind::kEnum ? Kind::kEnum64 : Kind::kEnum;
        it.size = it.kind == Kind::kEnum ? 4 : 8;
        break;
      default: it.flag = !it.flag; break;
    }
    if (it.values.empty()) it.values.emplace_back(model_.fresh_name(), 1);
  }

  Model& model_;
  Choices& choices_;
  Builder builder_;
};

/// Puts `count` types in front, so that no id is what it was.
void shift_ids(Model& model, std::uint32_t count) {
  const int by = static_cast<int>(count);
  const auto shift = [by](int& ref) {
    if (ref != kVoidRef) ref += by;
  };
  for (ModelType& type : model.types) {
    shift(type.ref);
    for (ModelMember& member : type.members) shift(member.type);
    for (int& param : type.params) shift(param);
  }
  model.types.insert(model.types.begin(), count, {.kind = Kind::kInt, .name = "filler", .size = 4});
}

}  // namespace

std::uint32_t Model::size_of(int type) const {
  if (type == kVoidRef) return 0;
  const ModelType& it = types[static_cast<std::size_t>(type)];
  switch (it.kind) {
    case Kind::kPtr: return pointer_size;
    case Kind::kArray: return it.elements * size_of(it.ref);
    case Kind::kTypedef:
    case Kind::kConst:
    case Kind::kVolatile:
    case Kind::kTypeTag: return size_of(it.ref);
    default: return it.size;
  }
}

void Model::lay_out() {
  // A struct's members may come behind it when it was changed: go on until nothing moves.
  for (bool moved = true; moved;) {
    moved = false;
    for (ModelType& type : types) {
      if (!type.is_composite()) continue;
      std::uint32_t at = 0;
      std::uint32_t end = 0;
      for (ModelMember& member : type.members) {
        const std::uint32_t size = size_of(member.type);
        if (type.kind == Kind::kUnion) at = 0;
        if (member.bits == 0) at = align_up(at, 8 * std::clamp(size, 1U, 8U));
        member.offset = at;
        at += member.bits != 0 ? member.bits : 8 * size;
        end = std::max(end, at);
      }
      const std::uint32_t size = align_up(end, 32) / 8;
      moved |= size != type.size;
      type.size = size;
    }
  }
}

BtfBytes Model::write(const BtfBytes* base) const {
  BtfBytes btf(std::endian::little, base);
  const auto first = static_cast<int>(btf.next_id().value);
  const auto id = [first](int ref) {
    return TypeId{static_cast<std::uint32_t>(ref == kVoidRef ? 0 : ref + first)};
  };
  for (const ModelType& type : types) {
    std::vector<Word> tail;
    bool flag = type.flag;
    const Word name = type.name.empty() ? Word(0) : Word(type.name);
    switch (type.kind) {
      case Kind::kInt: tail = {std::uint32_t{type.encoding} << 24 | type.size * 8}; break;
      case Kind::kArray: tail = {id(type.ref), id(0), type.elements}; break;
      case Kind::kStruct:
      case Kind::kUnion:
        flag = std::ranges::any_of(type.members, [](const auto& m) { return m.bits != 0; });
        for (const ModelMember& member : type.members) {
          tail.insert(tail.end(), {member.name.empty() ? Word(0) : Word(member.name),
                                   id(member.type), member.bits << 24 | member.offset});
        }
        break;
      case Kind::kEnum:
        for (const auto& [enumerator, value] : type.values) {
          tail.insert(tail.end(), {enumerator, static_cast<std::uint32_t>(value)});
        }
        break;
      case Kind::kEnum64:
        for (const auto& [enumerator, value] : type.values) {
          tail.insert(tail.end(), {enumerator, static_cast<std::uint32_t>(value),
                                   static_cast<std::uint32_t>(value >> 32)});
        }
        break;
      case Kind::kFuncProto:
        for (const int param : type.params) tail.insert(tail.end(), {Word(0), id(param)});
        break;
      default: break;
    }
    const bool has_size = type.kind == Kind::kInt || type.is_composite() || type.is_enum() ||
                          type.kind == Kind::kFloat;
    const bool has_type = type.kind != Kind::kArray && type.kind != Kind::kFwd;
    btf.add(type.kind, name, has_size ? Word(type.size) : Word(has_type ? id(type.ref).value : 0U),
            std::move(tail), flag);
  }
  return btf;
}

Model make_local(Choices& choices) {
  Model model;
  add_integers(model);
  Builder builder(model, choices);
  const std::uint32_t roots = 1 + choices.below(4);
  for (std::uint32_t i = 0; i < roots; ++i) builder.root();
  model.lay_out();
  return model;
}

Model make_target(const Model& local, Choices& choices) {
  Model target = local;
  if (choices.percent(25)) {
    target.pointer_size = 4;
    target.types[0].size = 4;
  }
  const auto change_some = [&](std::uint32_t most) {
    const std::uint32_t changes = choices.below(most + 1);
    for (std::uint32_t i = 0; i < changes; ++i) {
      const auto types = static_cast<std::uint32_t>(target.types.size());
      Mutator(target, choices)
          .change(static_cast<int>(kIntegers + choices.below(types - kIntegers)));
    }
  };
  change_some(5);
  // A second type of the same name, alike or not.
  const std::size_t before = target.types.size();
  for (std::size_t i = kIntegers; i < before && choices.percent(60); ++i) {
    if (target.types[i].name.empty() || !choices.percent(40)) continue;
    const int copy = add(target, ModelType(target.types[i]));
    if (choices.percent(50)) Mutator(target, choices).change(copy);
  }
  shift_ids(target, choices.below(4));
  target.lay_out();
  return target;
}

}  // namespace btfreloc::test
