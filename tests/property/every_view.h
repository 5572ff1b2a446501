#pragma once

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "btf/builder.h"
#include "btf/legalize.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/input.h"
#include "btfreloc/output.h"
#include "elf/rewrite.h"
#include "object/legalize.h"
#include "object/relocate.h"

namespace btfreloc::test {

/// What btfreloc can do with a file: one enumerator per flag of `dump`, `relocate`, and what writes
/// BTF.
enum class View : std::uint8_t { overview, insns, lines, types, raw, json, decisions, rewritten };
inline constexpr View kViews[] = {View::overview, View::insns, View::lines,     View::types,
                                  View::raw,      View::json,  View::decisions, View::rewritten};

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
    case View::decisions: return print_decisions(out, input);
    case View::rewritten: return rewrite(input);
    case View::json: return tool::print_json(out, input, nullptr, &*all_types, {});
  }
}

}  // namespace btfreloc::test
