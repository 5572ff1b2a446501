#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/units.h"

namespace btfreloc::btf {

/// What a declaration has to have in front of it.
struct Need {
  TypeId type;
  bool is_defined;  ///< Else its tag is enough: `struct file;`.

  friend bool operator==(const Need&, const Need&) = default;
};

/// Puts declarations into an order in which each comes behind what it needs. Declarations are
/// types, by id. Keeps an own stack: hostile types need each other in chains of any length.
class DeclarationOrder {
 public:
  /// Of a view with that many types.
  explicit DeclarationOrder(std::uint32_t type_count) : state_(type_count) {}

  /// Emits a declaration unless it was, and before it, what it needs. `printer` has
  ///
  /// - begin(TypeId): prints the declaration, to emit it later;
  /// - needs(): a span of what the declaration needs that was begun last and is not emitted yet;
  /// - without(TypeId, span<const TypeId>): prints that one anew, without needing those types,
  /// which
  ///   need it in turn;
  /// - end(TypeId): emits it;
  /// - declare(TypeId): emits a tag.
  template <class Printer>
  void emit(TypeId id, Printer&& printer);
  /// Emits the tag, unless it or the declaration was.
  template <class Printer>
  void declare(TypeId id, Printer&& printer) {
    TypeState& of = state_[id.value];
    if (of.state == State::done || std::exchange(of.is_declared, true)) return;
    printer.declare(id);
  }

 private:
  enum class State : std::uint8_t { none, open, done };
  struct TypeState {
    State state = State::none;
    bool is_declared = false;
  };
  struct Step {
    TypeId type;
    std::uint32_t next = 0;        ///< Index of the need to look at.
    std::uint32_t first_loop = 0;  ///< Where its part of loops_ begins.
  };

  /// The next type that has to be defined before the step's, if any.
  template <class Printer>
  TypeId next(Step& step, Printer&& printer);

  std::vector<TypeState> state_;  ///< By id.
  std::vector<Step> steps_;       ///< Declarations that wait for the one behind.
  std::vector<TypeId> loops_;     ///< What they need, and which waits for them.
};

template <class Printer>
void DeclarationOrder::emit(TypeId id, Printer&& printer) {
  if (state_[id.value].state != State::none) return;
  const auto begin = [&](TypeId type) {
    state_[type.value].state = State::open;
    steps_.push_back({.type = type, .first_loop = static_cast<std::uint32_t>(loops_.size())});
    printer.begin(type);
  };
  begin(id);
  while (!steps_.empty()) {
    if (const TypeId need = next(steps_.back(), printer); need.value != 0) {
      begin(need);
      continue;
    }
    const Step done = steps_.back();
    steps_.pop_back();
    const auto loops = std::span(loops_).subspan(done.first_loop);
    if (!loops.empty()) printer.without(done.type, loops);
    loops_.resize(done.first_loop);
    printer.end(done.type);
    state_[done.type.value].state = State::done;
  }
}

template <class Printer>
TypeId DeclarationOrder::next(Step& step, Printer&& printer) {
  const std::span<const Need> needs = printer.needs();
  while (step.next < needs.size()) {
    const Need need = needs[step.next++];
    TypeState& of = state_[need.type.value];
    if (of.state == State::done) continue;
    if (!need.is_defined) {
      // Its own tag is declared where its definition begins.
      if (need.type != step.type) declare(need.type, printer);
    } else if (of.state == State::none) {
      return need.type;
    } else {
      loops_.push_back(need.type);
    }
  }
  return TypeId{0};
}

}  // namespace btfreloc::btf
