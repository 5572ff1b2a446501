#include "btf/validate/resolver.h"

namespace btfreloc::btf {
namespace {

/// Types that may be on the way at a time. Source: MAX_RESOLVE_DEPTH, kernel/bpf/btf.c.
constexpr std::size_t kMaxDepth = 32;

/// Kinds that only refer, and that nothing but a DATASEC or a DECL_TAG refers to.
constexpr bool is_source_only(Kind kind) {
  return kind == Kind::kVar || kind == Kind::kDeclTag || kind == Kind::kDatasec;
}
constexpr bool has_size_word(Kind kind) {
  return kind == Kind::kInt || is_composite(kind) || is_enum(kind) || kind == Kind::kDatasec ||
         kind == Kind::kFloat;
}

}  // namespace

Resolver::Resolver(Checker& checker, const RawTypes& types, BrokenTypes& broken)
    : checker_(checker),
      types_(types),
      broken_(broken),
      states_(broken.size()),
      resolved_ids_(broken.size()),
      resolved_sizes_(broken.size()) {}

void Resolver::check_all() {
  for (std::uint32_t id = 1; id < types_.end_id() && !checker_.stopped(); ++id) {
    const TypeId type{id};
    if (is_broken(type)) continue;
    if (needs_resolve(kind(type)) && !is_resolved(type)) resolve(type);
    if (kind(type) == Kind::kFuncProto) check_proto(type);
    if (kind(type) == Kind::kFunc && !needs_resolve(Kind::kFunc)) {
      stack_.push_back({type, 0});
      step_func(type);
      states_[index(type)] = State::unvisited;
    }
  }
}

bool Resolver::needs_resolve(Kind kind) const {
  // Linux kernel commit d7e7b42f4f95 ("bpf: Fix a btf decl_tag bug when tagging a function")
  // (in v5.17).
  if (kind == Kind::kFunc) return checker_.at_least({5, 17});
  return is_modifier(kind) || kind == Kind::kPtr || is_composite(kind) || kind == Kind::kArray ||
         is_source_only(kind);
}

bool Resolver::is_sink(TypeId id) const {
  const Kind of = kind(id);
  switch (mode_) {
    case Mode::undecided: return !needs_resolve(of);
    case Mode::pointer: return !is_modifier(of) && of != Kind::kPtr;
    case Mode::aggregate: return !is_modifier(of) && of != Kind::kArray && !is_composite(of);
  }
  return true;
}

bool Resolver::is_without_size(TypeId id) const {
  const Kind of = kind(id);
  return of == Kind::kVoid || of == Kind::kFwd || of == Kind::kFunc || of == Kind::kFuncProto ||
         of == Kind::kDeclTag;
}

std::optional<Resolver::Sized> Resolver::sized(TypeId id) const {
  if (is_modifier(kind(id)) || kind(id) == Kind::kVar) id = TypeId{resolved_ids_[index(id)]};
  const Kind of = kind(id);
  if (has_size_word(of)) return Sized{id, types_.third(id)};
  if (of == Kind::kArray) return Sized{id, resolved_sizes_[index(id)]};
  if (of == Kind::kPtr) return Sized{id, checker_.pointer_size()};
  return std::nullopt;
}

void Resolver::resolve(TypeId root) {
  mode_ = Mode::undecided;
  stack_.clear();
  goes_to(root, root);
  while (!stack_.empty() && !checker_.stopped()) step(stack_.back());
}

bool Resolver::goes_to(TypeId from, TypeId id) {
  if (from != id && (is_sink(id) || is_resolved(id) || is_broken(id))) return false;
  if (stack_.size() == kMaxDepth) {
    fail(Rule::type_depth, from, 8, "it is type {} on the way from type [{}]", kMaxDepth,
         stack_.front().id.value);
    return true;
  }
  if (states_[index(id)] != State::unvisited) {
    fail(Rule::type_loop, from, 8, "it contains type [{}], which contains it", id.value);
    return true;
  }
  states_[index(id)] = State::visiting;
  stack_.push_back({id, 0});
  if (mode_ == Mode::undecided) {
    if (kind(id) == Kind::kPtr) mode_ = Mode::pointer;
    if (is_composite(kind(id)) || kind(id) == Kind::kArray) mode_ = Mode::aggregate;
  }
  return true;
}

bool Resolver::goes_to_pointer_behind(TypeId from, TypeId modifier) {
  if (!is_modifier(kind(modifier)) || is_broken(modifier)) return false;
  const TypeId to{resolved_ids_[index(modifier)]};
  return kind(to) == Kind::kPtr && goes_to(from, to);
}

void Resolver::pop(TypeId id, TypeId resolved_id, std::uint32_t size) {
  stack_.pop_back();
  states_[index(id)] = State::resolved;
  resolved_ids_[index(id)] = resolved_id.value;
  resolved_sizes_[index(id)] = size;
}

void Resolver::give_up(TypeId id) {
  stack_.pop_back();
  states_[index(id)] = State::resolved;
  broken_[index(id)] = true;
}

void Resolver::step(Vertex vertex) {
  const TypeId id = vertex.id;
  switch (kind(id)) {
    case Kind::kPtr: return step_pointer(id);
    case Kind::kVar: return step_var(id);
    case Kind::kArray: return step_array(id);
    case Kind::kStruct:
    case Kind::kUnion: return step_struct(vertex);
    case Kind::kDatasec: return step_datasec(vertex);
    case Kind::kFunc: return step_func(id);
    case Kind::kDeclTag: return step_decl_tag(id);
    default: return step_modifier(id);
  }
}

void Resolver::step_modifier(TypeId id) {
  TypeId to{types_.third(id)};
  if (is_source_only(kind(to))) {
    return fail(Rule::target_kind, id, 8, "it refers to {} [{}]", traits(kind(to)).name, to.value);
  }
  if (goes_to(id, to)) return;
  if (is_broken(to)) return give_up(id);
  if (const auto found = sized(to)) return pop(id, found->id, 0);
  if (is_resolved(to)) to = TypeId{resolved_ids_[index(to)]};
  if (kind(to) != Kind::kVoid && kind(to) != Kind::kFwd && kind(to) != Kind::kFuncProto) {
    return fail(Rule::target_kind, id, 8, "it refers to {} [{}]", traits(kind(to)).name, to.value);
  }
  pop(id, to, 0);
}

void Resolver::step_pointer(TypeId id) {
  TypeId to{types_.third(id)};
  if (is_source_only(kind(to))) {
    return fail(Rule::target_kind, id, 8, "it refers to {} [{}]", traits(kind(to)).name, to.value);
  }
  if (goes_to(id, to) || goes_to_pointer_behind(id, to)) return;
  if (is_broken(to)) return pop(id, to, 0);  // a pointer has a size whatever it points to
  if (const auto found = sized(to)) return pop(id, found->id, 0);
  if (is_resolved(to)) to = TypeId{resolved_ids_[index(to)]};
  if (kind(to) != Kind::kVoid && kind(to) != Kind::kFwd && kind(to) != Kind::kFuncProto) {
    return fail(Rule::target_kind, id, 8, "it refers to {} [{}]", traits(kind(to)).name, to.value);
  }
  pop(id, to, 0);
}

void Resolver::step_var(TypeId id) {
  const TypeId to{types_.third(id)};
  if (is_source_only(kind(to))) {
    return fail(Rule::target_kind, id, 8, "it refers to {} [{}]", traits(kind(to)).name, to.value);
  }
  if (goes_to(id, to) || goes_to_pointer_behind(id, to)) return;
  if (is_broken(to)) return give_up(id);
  const auto found = sized(to);
  if (!found) {
    return fail(Rule::var_type, id, 8, "its type is {} [{}]", traits(kind(to)).name, to.value);
  }
  pop(id, found->id, 0);
}

void Resolver::step_array(TypeId id) {
  const TypeId index_type{types_.word(id, 16)};
  const TypeId element{types_.word(id, 12)};
  const std::uint32_t count = types_.word(id, 20);
  if (is_without_size(index_type) || is_source_only(kind(index_type))) {
    return fail(Rule::array_index, id, 16, "its index is {} [{}]", traits(kind(index_type)).name,
                index_type.value);
  }
  if (goes_to(id, index_type)) return;
  if (is_broken(index_type)) return give_up(id);
  const auto index_size = sized(index_type);
  if (!index_size || !is_regular_int(types_, index_size->id)) {
    return fail(Rule::array_index, id, 16, "its index is {} [{}]", traits(kind(index_type)).name,
                index_type.value);
  }
  if (is_without_size(element) || is_source_only(kind(element))) {
    return fail(Rule::array_element, id, 12, "its elements are {} [{}]", traits(kind(element)).name,
                element.value);
  }
  if (goes_to(id, element)) return;
  if (is_broken(element)) return give_up(id);
  const auto found = sized(element);
  if (!found || (kind(found->id) == Kind::kInt && !is_regular_int(types_, found->id))) {
    return fail(Rule::array_element, id, 12, "its elements are {} [{}]", traits(kind(element)).name,
                element.value);
  }
  const std::uint64_t size = std::uint64_t{found->size} * count;
  if (size > UINT32_MAX) return fail(Rule::array_size, id, 20, "it has {} bytes", size);
  pop(id, found->id, static_cast<std::uint32_t>(size));
}

void Resolver::step_struct(Vertex vertex) {
  const TypeId id = vertex.id;
  const std::uint32_t count = types_.info(id).vlen;
  // Back from a member that had to be resolved first.
  if (vertex.next != 0) check_member(id, vertex.next - 1);
  for (std::uint32_t i = vertex.next; i < count && !checker_.stopped(); ++i) {
    const TypeId to = types_.record<Member>(id, i).type;
    if (is_without_size(to) || is_source_only(kind(to))) {
      checker_.report(Rule::member_type,
                      Place{types_, id, kTypeHeaderSize + i * std::size_t{12} + 4},
                      "member {} is {} [{}]", i, traits(kind(to)).name, to.value);
      continue;
    }
    stack_.back().next = i + 1;
    if (goes_to(id, to)) return;
    check_member(id, i);
  }
  pop(id, TypeId{0}, 0);
}

void Resolver::check_member(TypeId id, std::uint32_t i) {
  const TypeId type = types_.record<Member>(id, i).type;
  if (is_broken(type)) return;
  const auto found = sized(type);
  if (!found || kind(found->id) == Kind::kDatasec) {
    checker_.report(Rule::member_type, Place{types_, id, kTypeHeaderSize + i * std::size_t{12} + 4},
                    "member {} is {} [{}]", i, traits(kind(type)).name, type.value);
    return;
  }
  check_member_place(checker_, types_, id, i, found->id, found->size);
}

void Resolver::step_datasec(Vertex vertex) {
  const TypeId id = vertex.id;
  mode_ = Mode::undecided;
  for (std::uint32_t i = vertex.next; i < types_.info(id).vlen && !checker_.stopped(); ++i) {
    const auto var = types_.record<SectionVar>(id, i);
    const auto at = [&](std::size_t byte) {
      return Place{types_, id, kTypeHeaderSize + i * std::size_t{SectionVar::kSize} + byte};
    };
    if (kind(var.type) != Kind::kVar) {
      checker_.report(Rule::datasec_var, at(0), "variable {} is {} [{}]", i,
                      traits(kind(var.type)).name, var.type.value);
      continue;
    }
    stack_.back().next = i + 1;
    if (goes_to(id, var.type)) return;
    if (is_broken(var.type)) continue;
    const TypeId type{types_.third(var.type)};
    const auto found = sized(type);
    if (!found || is_broken(type)) continue;
    if (var.size.value != 0 && var.size.value < found->size) {
      checker_.report(Rule::datasec_var_short, at(8), "variable {} has {} bytes, its type {}", i,
                      var.size.value, found->size);
    }
  }
  pop(id, TypeId{0}, 0);
}

void Resolver::step_func(TypeId id) {
  const TypeId proto{types_.third(id)};
  if (kind(proto) != Kind::kFuncProto) {
    return fail(Rule::func_type, id, 8, "its type is {} [{}]", traits(kind(proto)).name,
                proto.value);
  }
  const std::uint32_t count = types_.info(proto).vlen;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto param = types_.record<Param>(proto, i);
    if (param.name.value == 0 && param.type.value != 0) {
      return fail(Rule::param_name, id, 8, "parameter {} of its FUNC_PROTO [{}] has no name", i,
                  proto.value);
    }
  }
  pop(id, proto, 0);
}

void Resolver::step_decl_tag(TypeId id) {
  TypeId to{types_.third(id)};
  const Kind of = kind(to);
  if (!is_composite(of) && of != Kind::kFunc && of != Kind::kVar && of != Kind::kTypedef) {
    return fail(Rule::tag_target, id, 8, "it is on {} [{}]", traits(of).name, to.value);
  }
  if (goes_to(id, to)) return;
  const auto component = static_cast<std::int32_t>(types_.word(id, 12));
  if (component != -1 && !is_broken(to)) {
    if (of == Kind::kFunc) to = TypeId{types_.third(to)};
    const bool has_components = is_composite(of) || of == Kind::kFunc;
    if (!has_components || static_cast<std::uint32_t>(component) >= types_.info(to).vlen) {
      return fail(Rule::component_index, id, 12, "its component is {}, and its target has {}",
                  component, has_components ? types_.info(to).vlen : 0);
    }
  }
  pop(id, to, 0);
}

bool Resolver::check_param(TypeId id, std::uint32_t i, const Param& param) {
  const auto at = [&](std::size_t byte) {
    return Place{types_, id, kTypeHeaderSize + i * std::size_t{Param::kSize} + byte};
  };
  if (is_source_only(kind(param.type))) {
    checker_.report(Rule::param_type, at(4), "parameter {} is {} [{}]", i,
                    traits(kind(param.type)).name, param.type.value);
    return false;
  }
  if (!types_.has_string(param.name.value)) {
    checker_.report(Rule::name_offset, at(0),
                    "parameter {} has its name at string offset {}, of {}", i, param.name.value,
                    types_.strings.size());
  } else if (param.name.value != 0) {
    check_name(checker_, at(0), param.name.value, NameOf::other);
  }
  if (needs_resolve(kind(param.type)) && !is_resolved(param.type) && !is_broken(param.type)) {
    resolve(param.type);
  }
  if (is_broken(param.type) || sized(param.type)) return true;
  checker_.report(Rule::param_type, at(4), "parameter {} is {} [{}]", i,
                  traits(kind(param.type)).name, param.type.value);
  return false;
}

void Resolver::check_proto(TypeId id) {
  if (const TypeId result{types_.third(id)}; result.value != 0) {
    const bool is_type = !is_source_only(kind(result));
    if (is_type && needs_resolve(kind(result)) && !is_resolved(result) && !is_broken(result)) {
      resolve(result);
    }
    if (!is_type || (!is_broken(result) && !sized(result))) {
      checker_.report(Rule::return_type, Place{types_, id, 8}, "it returns {} [{}]",
                      traits(kind(result)).name, result.value);
    }
  }
  std::uint32_t count = types_.info(id).vlen;
  if (count == 0) return;
  const auto last = types_.record<Param>(id, count - 1);
  if (last.type.value == 0) {
    --count;
    if (last.name.value != 0) {
      checker_.report(Rule::name_unwanted,
                      Place{types_, id, kTypeHeaderSize + count * std::size_t{Param::kSize}},
                      "its last parameter, `...`, has a name");
    }
  }
  for (std::uint32_t i = 0; i < count && !checker_.stopped(); ++i) {
    check_param(id, i, types_.record<Param>(id, i));
  }
}

void check_references(Checker& checker, const RawTypes& types, BrokenTypes& broken) {
  Resolver(checker, types, broken).check_all();
}

}  // namespace btfreloc::btf
