#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "btf/builder.h"
#include "btf/header/c_header.h"
#include "btf/legalize.h"
#include "btf/validate.h"
#include "btf/value.h"
#include "btf/value_text.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/input.h"
#include "btfreloc/output.h"
#include "elf/rewrite.h"
#include "object/legalize.h"
#include "object/relocate.h"
#include "object/used_types.h"

namespace btfreloc::test {

/// What btfreloc can do with a file: one enumerator per option of `dump`, `relocate`, `validate`,
/// `header`, and what writes BTF.
enum class View : std::uint8_t {
  overview,
  insns,
  lines,
  types,
  raw,
  json,
  values,
  decisions,
  validated,
  rewritten,
  used
};
inline constexpr View kViews[] = {View::overview,  View::insns,     View::lines,  View::types,
                                  View::raw,       View::json,      View::values, View::decisions,
                                  View::validated, View::rewritten, View::used};

/// Bytes as a value of every type, whatever its size.
inline void print_values_of_every_type(tool::Output& out, const tool::Input& input) {
  constexpr std::size_t kValueSize = 64;       // bytes
  constexpr std::uint32_t kMostValues = 1000;  // that the limit for all of them allows for
  std::array<std::byte, kValueSize> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i / 4);
  for (const btf::View* view : input.views()) {
    btf::ValueReader reader(*view, {kValueSize * std::min(view->own_count(), kMostValues)});
    for (TypeId id = view->first_id(); id.value < view->size(); ++id.value) {
      btf::print_value(out.buffer(), reader.read(id, bytes));
      out.flush_if_full();
    }
  }
}

/// Relocates an object for the kernel whose types are the object's own, by both rules, prints what
/// becomes of it, and rewrites it.
inline void print_decisions(tool::Output& out, const tool::Input& input) {
  const object::Object* object = input.object();
  if (object == nullptr || object->btf() == nullptr) return;
  for (const core::Rules rules : {core::Rules::libbpf, core::Rules::coherent}) {
    const auto decisions = object::relocate(*object, {.kernel = *object->btf()}, rules);
    if (!decisions) continue;
    tool::print_relocations(out, *object, nullptr, *decisions);
    object::rewrite(*object, input.bytes(), *decisions, object::Relocations::applied);
  }
}

/// Aborts, which fails the test, unless it holds.
inline void expect(bool condition) {
  if (!condition) std::abort();
}

/// Validates bytes that may be anything.
inline void validate(Bytes blob, const btf::View* base) {
  for (const btf::As as : {btf::As::kernel, btf::As::program}) {
    for (const btf::KernelVersion kernel : {btf::KernelVersion{5, 0}, {6, 18}}) {
      btf::validate(blob, {.kernel = kernel, .as = as, .base = base});
    }
  }
}
inline void validate(const tool::Input& input) {
  for (const btf::View* view : input.views()) validate(view->blob(), view->base());
}

/// Writes the BTF again: as it is, in its canonical form, and for an old kernel. What is written
/// can be read.
inline void rewrite(const tool::Input& input) {
  for (const btf::View* view : input.views()) {
    const auto copy = btf::Builder::copy_of(*view).blob();
    expect(copy && std::ranges::equal(*copy, view->blob()));
    const auto canonical = btf::canonical(*view).blob();
    expect(canonical && btf::View::open(*canonical, view->base()));
    for (const btf::KernelVersion kernel : {btf::KernelVersion{4, 18}, {5, 10}, {6, 18}}) {
      const auto legal = btf::legalize(*view, {.kernel = kernel});
      expect(!legal || btf::View::open(legal->blob, view->base()));
    }
  }
  if (const object::Object* object = input.object()) {
    (void)object::legalize(*object, {5, 10});
    (void)elf::rewrite(input.bytes(), std::vector<elf::NewSection>{{".BTF", {}}, {".new", {}}});
  }
}

/// Declares what the source of an object needs of a kernel whose types are the object's own.
inline void print_used(tool::Output& out, const tool::Input& input) {
  const object::Object* object = input.object();
  if (object == nullptr || object->btf() == nullptr) return;
  const auto used = object::used_types(*object, {.kernel = *object->btf()});
  if (!used) return;
  btf::HeaderSelection selection(*object->btf());
  for (const object::UsedType& type : used->types) {
    selection.add_opaque(type.type);
    for (const std::uint32_t index : type.records) selection.add_record(type.type, index);
  }
  btf::print_c_header(out.buffer(), selection);
  out.flush_if_full();
}

/// Prints one; --insns and --lines print nothing of a file that is no object. The overview of an
/// object has all that --core prints.
inline void print_view(tool::Output& out, const tool::Input& input, View view) {
  const object::Object* object = input.object();
  const auto all_types = tool::select_types(input, {});
  switch (view) {
    case View::overview: return tool::print_overview(out, input, {});
    case View::insns:
      if (object != nullptr) tool::print_insns(out, *object, nullptr, {});
      return;
    case View::lines:
      if (object != nullptr) tool::print_lines(out, *object, nullptr);
      return;
    case View::types: return tool::print_types_as_c(out, input, *all_types);
    case View::raw: return tool::print_types_raw(out, input, *all_types);
    case View::values: return print_values_of_every_type(out, input);
    case View::decisions: return print_decisions(out, input);
    case View::validated: return validate(input);
    case View::rewritten: return rewrite(input);
    case View::used: return print_used(out, input);
    case View::json: return tool::print_json(out, input, nullptr, &*all_types, {});
  }
}

}  // namespace btfreloc::test
