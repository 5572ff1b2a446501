#include "xdp-blacklist/layout/layout_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "base/printable.h"
#include "btf/c_text.h"
#include "xdp-blacklist/layout/layout_fields.h"

// Both types are walked at once, by the names of fields. The walk writes down what differs, for
// people, and the steps that turn one into the other, for Migration; what it cannot turn it writes
// down as refused, and goes on, so that people see all of it at once.

namespace xdp_blacklist {
namespace {

using btfreloc::Bits;
using btfreloc::ByteCount;
using btfreloc::Errc;
using btfreloc::Result;
using btfreloc::Status;
using btfreloc::TypeId;
using btfreloc::btf::Kind;
using btfreloc::btf::View;
using Op = MigrationStep::Op;

constexpr std::size_t kMaxLines = 1000;
constexpr std::size_t kMaxPath = 256;
constexpr std::size_t kMaxText = 200;

std::string clipped(std::string text) {
  text = btfreloc::printable(text);
  if (text.size() > kMaxText) text = text.substr(0, kMaxText) + "...";
  return text;
}

std::string joined(const std::string& path, const std::string& name) {
  std::string all = path.empty() ? name : path + "." + name;
  if (all.size() > kMaxPath) all = "..." + all.substr(all.size() - kMaxPath);
  return btfreloc::printable(all);
}

std::string count_of_bytes(Bits size) {
  if (size.value % 8 != 0) return fmt::format("{} bits", size.value);
  return fmt::format("{} byte{}", size.value / 8, size.value == 8 ? "" : "s");
}

/// The type at one place, before or after.
struct Side {
  const View& btf;
  TypeId spelled;
  TypeId type;  ///< Without typedefs and the like.
  Bits size;

  Kind kind() const { return btf.kind(type).value_or(Kind::kVoid); }
  std::string text() const { return clipped(btfreloc::btf::declaration(btf, spelled, "")); }
};

struct Number {
  bool is_signed;
  bool is_enum;
  bool is_bool;
};

/// What is an integer of whole bytes, enums and bools among them.
std::optional<Number> number_of(const Side& side) {
  const btfreloc::btf::Type type = side.btf.decode(side.type);
  const std::uint64_t bytes = side.size.value / 8;
  if (const auto* i = std::get_if<btfreloc::btf::Int>(&type)) {
    if (bytes == 0 || bytes > 16 || i->bits != side.size || i->offset.value != 0) {
      return std::nullopt;
    }
    return Number{(i->encoding & btfreloc::btf::kIntSigned) != 0, false,
                  (i->encoding & btfreloc::btf::kIntBool) != 0};
  }
  const bool has_size = bytes >= 1 && bytes <= 8;
  if (const auto* e = std::get_if<btfreloc::btf::Enum>(&type); e != nullptr && has_size) {
    return Number{e->is_signed, true, false};
  }
  if (const auto* e = std::get_if<btfreloc::btf::Enum64>(&type); e != nullptr && has_size) {
    return Number{e->is_signed, true, false};
  }
  return std::nullopt;
}

/// An integer of one byte that people see as a letter.
bool is_char(const View& btf, TypeId id) {
  const btfreloc::btf::Type type = btf.decode(btf.skip_modifiers_and_typedefs(id));
  const auto* i = std::get_if<btfreloc::btf::Int>(&type);
  return i != nullptr && i->size.value == 1 &&
         (i->encoding == btfreloc::btf::kIntChar || btf.string(i->name) == "char");
}

struct NamedValue {
  std::string name;
  std::uint64_t bits;  ///< As in memory.
};

std::vector<NamedValue> enumerators_of(const Side& side) {
  std::vector<NamedValue> values;
  const std::uint64_t mask = side.size.value >= 64 ? ~0ULL : (1ULL << side.size.value) - 1;
  const auto add = [&](const auto& records) {
    for (const auto record : records) {
      const std::string_view name = side.btf.string(record.name);
      if (!name.empty()) values.push_back({std::string(name), record.value & mask});
    }
  };
  const btfreloc::btf::Type type = side.btf.decode(side.type);
  if (const auto* e = std::get_if<btfreloc::btf::Enum>(&type)) add(e->values);
  if (const auto* e = std::get_if<btfreloc::btf::Enum64>(&type)) add(e->values);
  return values;
}

/// A place in both types: where the walk is.
struct Place {
  std::string path;   ///< From the value, or from an element: "rule.id".
  std::string owner;  ///< What stands before names in the diff: "struct rule".
  Bits from;
  Bits to;
  int depth;
};

class Comparison {
 public:
  Comparison(LayoutPart part, Drop drop) : part_(part), drop_(drop) {}

  /// Compares the types at a place and appends the steps that turn one into the other. True when
  /// they differ in a way that the line of their field should show.
  Result<bool> compare(const Side& before, const Side& after, const Place& place,
                       std::vector<MigrationStep>& steps) {
    if (place.depth > kMaxLayoutDepth) {
      return fail(Errc::unsupported,
                  fmt::format("types are nested deeper than {} levels", kMaxLayoutDepth));
    }
    const auto old_number = number_of(before);
    const auto new_number = number_of(after);
    if (old_number && new_number) {
      return compare_numbers(before, *old_number, after, *new_number, place, steps);
    }
    if (before.kind() != after.kind() || old_number || new_number) {
      refuse(place, fmt::format("was {} and is {}", before.text(), after.text()));
      return true;
    }
    switch (before.kind()) {
      case Kind::kStruct: return compare_structs(before, after, place, steps);
      case Kind::kUnion: return compare_unions(before, after, place, steps);
      case Kind::kArray: return compare_arrays(before, after, place, steps);
      default: return compare_opaque(before, after, place, steps);
    }
  }

  std::vector<std::string> diff() && { return std::move(diff_); }
  std::vector<std::string> refused() && { return std::move(refused_); }

 private:
  Result<bool> compare_numbers(const Side& before, Number was, const Side& after, Number is,
                               const Place& place, std::vector<MigrationStep>& steps) {
    MigrationStep step{.op = Op::number,
                       .field = place.path,
                       .from = place.from,
                       .to = place.to,
                       .from_size = before.size,
                       .to_size = after.size,
                       .from_signed = was.is_signed,
                       .to_signed = is.is_signed,
                       .to_digits = is.is_bool ? Bits{1} : after.size,
                       .why = after.text()};
    bool differs = was.is_signed != is.is_signed || was.is_bool != is.is_bool ||
                   was.is_enum != is.is_enum || before.size != after.size;
    if (was.is_enum && is.is_enum) {
      TRY(const bool has_moved, compare_enumerators(before, after, step));
      if (has_moved) step.op = Op::enumerator;
    } else if (before.size == after.size && was.is_signed == is.is_signed &&
               was.is_bool == is.is_bool) {
      step.op = Op::copy;
    }
    append(steps, std::move(step));
    return differs;
  }

  /// What each enumerator of the old enum is in the new one. True when one has another value, or
  /// none.
  Result<bool> compare_enumerators(const Side& before, const Side& after, MigrationStep& step) {
    TRY_OK(budget_.take(before.btf.info(before.type).vlen));
    TRY_OK(budget_.take(after.btf.info(after.type).vlen));
    std::unordered_map<std::string, std::uint64_t> now;
    for (NamedValue& value : enumerators_of(after)) now.emplace(std::move(value.name), value.bits);
    bool has_moved = false;
    for (const NamedValue& value : enumerators_of(before)) {
      const auto found = now.find(value.name);
      const std::string line = fmt::format("{}.{} = ", before.text(), clipped(value.name));
      if (found == now.end()) {
        has_moved = true;
        add_line("- " + line, value.bits);
        step.enumerators.push_back({.before = value.bits,
                                    .after = 0,
                                    .problem = fmt::format("is {}, which {} does not have",
                                                           clipped(value.name), after.text())});
        continue;
      }
      if (found->second != value.bits) {
        has_moved = true;
        add_line("- " + line, value.bits);
        add_line("+ " + line, found->second);
      }
      step.enumerators.push_back({.before = value.bits, .after = found->second});
    }
    unite_aliases(step, after);
    return has_moved;
  }

  /// Two names of one value that are two values now: nobody can say which is meant.
  static void unite_aliases(MigrationStep& step, const Side& after) {
    auto& values = step.enumerators;
    // Names that are gone come last: the other names of their values are as good.
    std::ranges::stable_sort(values, {}, [](const MovedEnumerator& value) {
      return std::pair(value.before, !value.problem.empty());
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (kept == 0 || values[kept - 1].before != values[i].before) {
        if (kept != i) values[kept] = std::move(values[i]);
        ++kept;
      } else if (values[i].problem.empty() && values[i].after != values[kept - 1].after) {
        values[kept - 1].problem = fmt::format("is {}, whose names have different values in {}",
                                               values[i].before, after.text());
      }
    }
    values.resize(kept);
  }

  Result<bool> compare_structs(const Side& before, const Side& after, const Place& place,
                               std::vector<MigrationStep>& steps) {
    TRY(const auto old_fields, layout_fields(before.btf, before.type, budget_));
    TRY(const auto new_fields, layout_fields(after.btf, after.type, budget_));
    if (before.size != after.size) {
      add_line(fmt::format("- {}  ", owner_of(before, place)), before.size);
      add_line(fmt::format("+ {}  ", owner_of(after, place)), after.size);
    }
    TRY_OK(compare_fields(before, old_fields, after, new_fields, place, steps));
    return false;
  }

  Status compare_fields(const Side& before, const std::vector<LayoutField>& old_fields,
                        const Side& after, const std::vector<LayoutField>& new_fields,
                        const Place& place, std::vector<MigrationStep>& steps) {
    std::unordered_map<std::string_view, const LayoutField*> now;
    for (const LayoutField& field : new_fields) now.emplace(field.name, &field);
    for (const LayoutField& field : old_fields) {
      const auto found = now.find(field.name);
      if (found == now.end()) {
        remove(before, field, place, steps);
        continue;
      }
      TRY_OK(compare_field(before, field, after, *found->second, place, steps));
      now.erase(found);
    }
    for (const LayoutField& field : new_fields) {
      if (!now.contains(field.name)) continue;
      const bool is_said = part_ != LayoutPart::value;
      add_line(line('+', after, field, place) + (is_said ? "; 0 in keys that are there" : ""));
    }
    return {};
  }

  Status compare_field(const Side& before, const LayoutField& was, const Side& after,
                       const LayoutField& is, const Place& place,
                       std::vector<MigrationStep>& steps) {
    const std::size_t first_line = diff_.size();
    const Place inside = {.path = joined(place.path, was.name),
                          .owner = joined(place.owner, was.name),
                          .from = place.from + was.offset,
                          .to = place.to + is.offset,
                          .depth = place.depth + 1};
    const Side old_side = {before.btf, was.spelled, was.type, was.size};
    const Side new_side = {after.btf, is.spelled, is.type, is.size};
    bool differs = was.offset != is.offset || was.size != is.size;
    if (was.is_bitfield || is.is_bitfield) {
      TRY(const bool is_other, compare_bitfields(old_side, new_side, inside));
      differs |= is_other || was.is_bitfield != is.is_bitfield;
      if (differs) refuse(inside, "is a bitfield, which has to stay as it was");
      append(steps, {.op = Op::copy, .from = inside.from, .to = inside.to, .from_size = was.size});
    } else {
      TRY(const bool differs_itself, compare(old_side, new_side, inside, steps));
      differs |= differs_itself;
    }
    if (differs) {
      // Before the lines about what is inside.
      std::vector<std::string> inner(diff_.begin() + static_cast<std::ptrdiff_t>(first_line),
                                     diff_.end());
      diff_.resize(first_line);
      add_line(line('-', before, was, place));
      add_line(line('+', after, is, place));
      diff_.insert(diff_.end(), inner.begin(), inner.end());
    }
    return {};
  }

  /// Their types, with all of the bits.
  Result<bool> compare_bitfields(Side before, Side after, const Place& place) {
    TRY(before.size, layout_size(before.btf, before.type));
    TRY(after.size, layout_size(after.btf, after.type));
    const std::size_t lines = all_lines_;
    std::vector<MigrationStep> unused;
    TRY(const bool differs, compare(before, after, place, unused));
    return differs || lines != all_lines_;
  }

  void remove(const Side& before, const LayoutField& field, const Place& place,
              std::vector<MigrationStep>& steps) {
    const bool is_forgotten = drop_ == Drop::fields;
    add_line(line('-', before, field, place) + (is_forgotten ? "; dropped" : "; has to be 0"));
    if (is_forgotten) return;
    append(steps, {.op = Op::expect_zero,
                   .field = joined(place.path, field.name),
                   .from = place.from + field.offset,
                   .from_size = field.size,
                   .why = "is not 0, and is no field any more"});
  }

  /// Nothing says which member of a union is meant, so all of them have to be as they were.
  Result<bool> compare_unions(const Side& before, const Side& after, const Place& place,
                              std::vector<MigrationStep>& steps) {
    const std::size_t lines = all_lines_;
    std::vector<MigrationStep> unused;
    TRY_OK(compare_structs(before, after, place, unused));
    if (lines != all_lines_) {
      refuse(place, "is a union, which has to stay as it was");
      return true;
    }
    append(steps, {.op = Op::copy, .from = place.from, .to = place.to, .from_size = before.size});
    return false;
  }

  Result<bool> compare_arrays(const Side& before, const Side& after, const Place& place,
                              std::vector<MigrationStep>& steps) {
    const auto was = std::get<btfreloc::btf::Array>(before.btf.decode(before.type));
    const auto is = std::get<btfreloc::btf::Array>(after.btf.decode(after.type));
    TRY(const Side old_element, element_of(before, was));
    TRY(const Side new_element, element_of(after, is));
    const Place inside = {
        .path = "", .owner = place.owner + "[]", .from = {}, .to = {}, .depth = place.depth + 1};
    MigrationStep step{.op = Op::elements,
                       .field = place.path,
                       .from = place.from,
                       .to = place.to,
                       .from_size = old_element.size,
                       .to_size = new_element.size,
                       .count = std::min(was.nr_elems, is.nr_elems)};
    TRY(const bool differs, compare(old_element, new_element, inside, step.each));
    if (old_element.size.value == 0 || new_element.size.value == 0) step.count = 0;
    if (is_copy(step)) {
      step = {.op = Op::copy,
              .field = place.path,
              .from = place.from,
              .to = place.to,
              .from_size = {step.count * old_element.size.value}};
    }
    append(steps, std::move(step));
    if (was.nr_elems > is.nr_elems) cut(before, was, is, old_element.size, place, steps);
    return differs || was.nr_elems != is.nr_elems;
  }

  static Result<Side> element_of(const Side& array, const btfreloc::btf::Array& type) {
    const TypeId element = array.btf.skip_modifiers_and_typedefs(type.type);
    TRY(const Bits size, layout_size(array.btf, element));
    return Side{array.btf, type.type, element, size};
  }

  /// Elements that are copied whole lie together in both.
  static bool is_copy(const MigrationStep& elements) {
    return elements.each.size() == 1 && elements.each[0].op == Op::copy &&
           elements.from_size == elements.to_size &&
           elements.each[0].from_size == elements.from_size;
  }

  void cut(const Side& before, const btfreloc::btf::Array& was, const btfreloc::btf::Array& is,
           Bits element, const Place& place, std::vector<MigrationStep>& steps) {
    // Text keeps the NUL behind it.
    const bool is_text = is_char(before.btf, was.type) && is.nr_elems != 0;
    const std::uint64_t first = is.nr_elems - (is_text ? 1 : 0);
    append(steps, {.op = Op::expect_zero,
                   .field = place.path,
                   .from = place.from + Bits{first * element.value},
                   .from_size = {(was.nr_elems - first) * element.value},
                   .why = fmt::format("is longer than the {} {} there are now", is.nr_elems,
                                      is_text ? "bytes" : "elements")});
  }

  /// Pointers, floats and what else has a size.
  Result<bool> compare_opaque(const Side& before, const Side& after, const Place& place,
                              std::vector<MigrationStep>& steps) {
    const bool is_known = before.kind() == Kind::kPtr || before.kind() == Kind::kFloat;
    if (before.size != after.size || (!is_known && before.text() != after.text())) {
      refuse(place, fmt::format("was {} and is {}", before.text(), after.text()));
      return true;
    }
    append(steps, {.op = Op::copy, .from = place.from, .to = place.to, .from_size = before.size});
    return false;
  }

  /// Nothing is done for what has no bytes, so that the steps are no more than bits.
  static void append(std::vector<MigrationStep>& steps, MigrationStep step) {
    const bool is_elements = step.op == Op::elements;
    if (is_elements ? step.count == 0 || step.each.empty() : step.from_size.value == 0) return;
    steps.push_back(std::move(step));
  }

  void refuse(const Place& place, const std::string& why) {
    ++all_lines_;
    if (refused_.size() >= kMaxLines) return;
    refused_.push_back(fmt::format("{} {}", place.owner.empty() ? "it" : place.owner, why));
  }

  /// "struct rule", or the place of a struct that has no name.
  static std::string owner_of(const Side& side, const Place& place) {
    const bool has_name = !side.btf.name(side.type).empty();
    return has_name || place.owner.empty() ? clipped(btfreloc::btf::title(side.btf, side.type))
                                           : place.owner;
  }

  static std::string line(char sign, const Side& owner, const LayoutField& field,
                          const Place& place) {
    const Side side = {owner.btf, field.spelled, field.type, field.size};
    const std::string at = field.offset.value % 8 == 0 ? fmt::format("{}", field.offset.value / 8)
                                                       : fmt::format("bit {}", field.offset.value);
    return fmt::format("{} {}.{}  {} at {}, {}", sign, owner_of(owner, place), clipped(field.name),
                       side.text(), at, count_of_bytes(field.size));
  }

  void add_line(const std::string& start, Bits size) { add_line(start + count_of_bytes(size)); }
  void add_line(const std::string& start, std::uint64_t value) {
    add_line(fmt::format("{}{}", start, value));
  }
  /// A type that is used in several places is said once.
  void add_line(std::string text) {
    ++all_lines_;
    if (diff_.size() > kMaxLines || !said_.insert(text).second) return;
    diff_.push_back(diff_.size() == kMaxLines ? "... and more" : std::move(text));
  }

  LayoutPart part_;
  Drop drop_;
  LayoutBudget budget_;
  std::vector<std::string> diff_;
  std::vector<std::string> refused_;
  std::unordered_set<std::string> said_;
  std::size_t all_lines_ = 0;  ///< Those left out of the diff too.
};

Result<Side> side_of(const View& btf, TypeId id) {
  if (!btf.contains(id)) {
    return fail(Errc::bad_type_id, fmt::format("there is no type [{}]", id.value));
  }
  TRY(const Bits size, layout_size(btf, id));
  return Side{btf, id, btf.skip_modifiers_and_typedefs(id), size};
}

}  // namespace

Result<LayoutChange> compare_layouts(const View& old_btf, TypeId old_type, const View& new_btf,
                                     TypeId new_type, LayoutPart part, Drop drop) {
  if (old_btf.order() != new_btf.order()) {
    return fail(Errc::unsupported, "the types are of machines with different byte orders");
  }
  TRY(const Side before, side_of(old_btf, old_type));
  TRY(const Side after, side_of(new_btf, new_type));
  Comparison comparison(part, drop);
  std::vector<MigrationStep> steps;
  TRY(const bool differs, comparison.compare(before, after, {}, steps));
  LayoutChange change;
  change.diff = std::move(comparison).diff();
  change.refused = std::move(comparison).refused();
  if (differs) {
    change.diff.insert(change.diff.begin(),
                       {fmt::format("- {}  {}", before.text(), count_of_bytes(before.size)),
                        fmt::format("+ {}  {}", after.text(), count_of_bytes(after.size))});
  }
  change.same = change.diff.empty() && change.refused.empty();
  if (!change.same && part == LayoutPart::prefix_key) {
    change.refused.push_back("prefixes count the bits of a key, which are others now");
  }
  change.can_migrate = change.refused.empty();
  if (change.same) steps = {{.op = Op::copy, .from_size = before.size}};
  const auto bytes = [](Bits size) { return ByteCount{size.value / 8}; };
  change.migration =
      Migration(std::move(steps), bytes(before.size), bytes(after.size), old_btf.order());
  return change;
}

}  // namespace xdp_blacklist
