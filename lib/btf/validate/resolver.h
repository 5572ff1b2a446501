#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "btf/validate/checker.h"

namespace btfreloc::btf {

/// Follows the references of types as the kernel does: depth first, by id, keeping for each type
/// what it comes to. Which types may refer to which depends on that order, and on nothing else that
/// is simpler. Source: btf_resolve() and the *_resolve() of the kinds, kernel/bpf/btf.c.
///
/// A type that breaks a rule is broken, and so is what gets its size from it. Each is visited once.
class Resolver {
 public:
  Resolver(Checker& checker, const RawTypes& types, BrokenTypes& broken);

  void check_all();

 private:
  enum class State : std::uint8_t { unvisited, visiting, resolved };
  /// What kind of type the walk started at, which says where it may stop.
  enum class Mode : std::uint8_t { undecided, pointer, aggregate };
  struct Vertex {
    TypeId id;
    std::uint32_t next;  ///< Index of the member to go on with.
  };
  /// A type with a size, and that size in bytes.
  struct Sized {
    TypeId id;
    std::uint32_t size;
  };
  /// What came of a step: the type on top is done, or another was put on top of it.
  using Place = Checker::Place;

  std::size_t index(TypeId id) const { return id.value - 1; }
  bool is_broken(TypeId id) const { return id.value != 0 && broken_[index(id)]; }
  bool is_resolved(TypeId id) const {
    return id.value != 0 && states_[index(id)] == State::resolved;
  }
  Kind kind(TypeId id) const { return types_.kind(id); }
  bool needs_resolve(Kind kind) const;
  bool is_sink(TypeId id) const;
  bool is_without_size(TypeId id) const;
  /// nullopt: the type has no size.
  std::optional<Sized> sized(TypeId id) const;

  void resolve(TypeId root);
  /// Goes on with the type on top of the stack.
  void step(Vertex vertex);
  void step_modifier(TypeId id);
  void step_pointer(TypeId id);
  void step_var(TypeId id);
  void step_array(TypeId id);
  void step_struct(Vertex vertex);
  void step_datasec(Vertex vertex);
  void step_func(TypeId id);
  void step_decl_tag(TypeId id);
  void check_proto(TypeId id);
  bool check_param(TypeId id, std::uint32_t i, const Param& param);
  void check_member(TypeId id, std::uint32_t i);

  /// True when the walk must first go to `id`, which is then on top of the stack; or cannot, and
  /// the type on top is done.
  bool goes_to(TypeId from, TypeId id);
  /// The same for the pointer that a modifier came to, which other walks may have passed over.
  bool goes_to_pointer_behind(TypeId from, TypeId modifier);
  void pop(TypeId id, TypeId resolved_id, std::uint32_t size);
  template <class... Args>
  void fail(Rule rule, TypeId id, std::size_t byte, fmt::format_string<Args...> message,
            Args&&... args) {
    checker_.report(rule, Place{types_, id, byte}, message, std::forward<Args>(args)...);
    give_up(id);
  }
  /// The type on top cannot be resolved. Says nothing.
  void give_up(TypeId id);

  Checker& checker_;
  const RawTypes& types_;
  BrokenTypes& broken_;
  Mode mode_ = Mode::undecided;
  std::vector<Vertex> stack_;
  std::vector<State> states_;  ///< By id - 1, as all below.
  std::vector<std::uint32_t> resolved_ids_;
  std::vector<std::uint32_t> resolved_sizes_;  ///< Of arrays, in bytes.
};

/// Checks that a member, whose type was resolved to `to`, fits its struct. False: it does not.
bool check_member_place(Checker& checker, const RawTypes& types, TypeId id, std::uint32_t index,
                        TypeId to, std::uint32_t size);

/// An integer that fills 1, 2, 4, 8 or 16 bytes from their first bit.
bool is_regular_int(const RawTypes& types, TypeId id);

}  // namespace btfreloc::btf
