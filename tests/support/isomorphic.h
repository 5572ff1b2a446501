#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <tuple>
#include <vector>

#include "btf/builder.h"
#include "btf/view.h"
#include "support/errors.h"

// The same types in another order, with other string offsets: what a kernel set gives back.

namespace btfreloc::test {

/// Own types, counted from 0, in some order.
using TypeOrder = std::vector<std::uint32_t>;

/// Named types by name and kind, in the order of their ids where these are alike; then the others,
/// as those use them first; then the tags of declarations.
class CanonicalOrder {
 public:
  static TypeOrder of(const btf::View& view) { return CanonicalOrder(view).run(); }

 private:
  explicit CanonicalOrder(const btf::View& view) : view_(view), is_done_(view.own_count()) {}

  TypeId id(std::uint32_t type) const { return TypeId{view_.first_id().value + type}; }
  bool is_tag(std::uint32_t type) const { return view_.kind(id(type)) == btf::Kind::kDeclTag; }
  bool is_named(std::uint32_t type) const {
    return !is_tag(type) && view_.kind(id(type)) != btf::Kind::kTypeTag &&
           !view_.name(id(type)).empty();
  }
  auto symbol(std::uint32_t type) const {
    const btf::Info info = view_.info(id(type));
    return std::tuple(view_.name(id(type)), info.kind, info.kind == 7 && info.kind_flag);
  }

  void add(std::uint32_t type) {
    is_done_[type] = true;
    order_.push_back(type);
  }
  void add_used_by(std::uint32_t type) {
    view_.for_each_type_id(id(type), [&](TypeId to) {
      if (to < view_.first_id()) return;
      const std::uint32_t used = to.value - view_.first_id().value;
      if (is_done_[used]) return;
      add(used);
      add_used_by(used);
    });
  }

  TypeOrder run() {
    TypeOrder tags;
    for (std::uint32_t type = 0; type < view_.own_count(); ++type) {
      if (is_named(type)) add(type);
      if (is_tag(type)) tags.push_back(type);
      is_done_[type] = is_named(type) || is_tag(type);
    }
    std::ranges::stable_sort(order_, {}, [&](std::uint32_t type) { return symbol(type); });
    for (const std::uint32_t named : TypeOrder(order_)) add_used_by(named);
    for (std::uint32_t type = 0; type < view_.own_count(); ++type) {
      if (is_done_[type]) continue;
      add(type);
      add_used_by(type);
    }
    order_.insert(order_.end(), tags.begin(), tags.end());
    return order_;
  }

  const btf::View& view_;
  std::vector<bool> is_done_;
  TypeOrder order_;
};

/// Any order that keeps types of one name as they are among each other, which is what tells them
/// apart.
inline TypeOrder shuffled(const btf::View& view, std::uint32_t seed) {
  TypeOrder order(view.own_count());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::shuffle(order, std::mt19937(seed));
  const auto symbol = [&](std::uint32_t type) {
    const TypeId id{view.first_id().value + type};
    return std::pair(view.name(id), view.info(id).kind);
  };
  // Of each symbol, the ids ascending over the places that it got.
  TypeOrder places(order.size());
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::stable_sort(places, {}, [&](std::uint32_t place) { return symbol(order[place]); });
  for (std::size_t begin = 0; begin < places.size();) {
    std::size_t end = begin;
    std::vector<std::uint32_t> types;
    while (end < places.size() && symbol(order[places[end]]) == symbol(order[places[begin]])) {
      types.push_back(order[places[end++]]);
    }
    std::ranges::sort(types);
    for (std::size_t i = begin; i < end; ++i) order[places[i]] = types[i - begin];
    begin = end;
  }
  return order;
}

/// A BTF with the types of `original` in `order`, and each string once. `base`, for split BTF, is
/// made from the original's base, and must outlive this.
class Isomorphic {
 public:
  Isomorphic(const btf::View& original, const TypeOrder& order, const Isomorphic* base = nullptr)
      : first_(original.first_id().value),
        places_(order.size()),
        blob_(make(original, order, base)),
        view_(must(btf::View::open(blob_, base == nullptr ? nullptr : &base->view_))) {}

  const btf::View& view() const { return view_; }

 private:
  std::vector<std::byte> make(const btf::View& original, const TypeOrder& order,
                              const Isomorphic* base) {
    for (std::uint32_t i = 0; i < order.size(); ++i) places_[order[i]] = i;
    btf::Builder builder(original.order(), base == nullptr ? nullptr : &base->view_);
    for (const std::uint32_t type : order) {
      builder.copy(
          original, TypeId{first_ + type},
          [&](TypeId to) {
            return to.value < first_ && base != nullptr ? base->id_of(to) : id_of(to);
          },
          [&](StrOff name) { return builder.string(original.string(name)); });
    }
    builder.keep_layout_of(original);
    return must(builder.blob());
  }
  TypeId id_of(TypeId id) const {
    return id.value == 0 ? id : TypeId{first_ + places_[id.value - first_]};
  }

  std::uint32_t first_;
  std::vector<std::uint32_t> places_;
  std::vector<std::byte> blob_;
  btf::View view_;
};

}  // namespace btfreloc::test
