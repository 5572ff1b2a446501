#include "object/minimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "core/candidates.h"
#include "core/minimize.h"
#include "object/relocate.h"

namespace btfreloc::object {
namespace {

using core::Decision;
using core::Rules;

/// The decisions of one object by our rules and by libbpf's.
using ByRules = std::array<std::vector<Decision>, 2>;
constexpr std::array kAllRules = {Rules::coherent, Rules::libbpf};

Result<std::vector<ByRules>> decide(std::span<const Object* const> objects,
                                    const core::Target& target) {
  std::vector<ByRules> all;
  for (const Object* object : objects) {
    ByRules& decisions = all.emplace_back();
    for (std::size_t i = 0; i < kAllRules.size(); ++i) {
      TRY(decisions[i], relocate(*object, target, kAllRules[i]));
    }
  }
  return all;
}

core::KnownRoots roots_of(std::span<const Object* const> objects) {
  core::KnownRoots known;
  for (const Object* object : objects) {
    for (const Relocation& relocation : object->relocations()) {
      const TypeId root = relocation.record.type;
      if (object->btf()->contains(root)) known.add(*object->btf(), root);
    }
  }
  return known;
}

bool is_alike(const Decision& a, const Decision& b) {
  if (a.local && a.local->kind == core::ReloKind::type_id_target) return true;
  return a.outcome == b.outcome && a.reason == b.reason && a.new_value == b.new_value &&
         a.after == b.after;
}

/// A relocation that the two BTFs decide differently.
struct Difference {
  std::size_t object;
  std::size_t relocation;
  const Decision& whole;
  const Decision& small;
};

std::optional<Difference> first_difference(const std::vector<ByRules>& whole,
                                           const std::vector<ByRules>& small) {
  for (std::size_t object = 0; object < whole.size(); ++object) {
    for (std::size_t rules = 0; rules < kAllRules.size(); ++rules) {
      const std::vector<Decision>& a = whole[object][rules];
      const std::vector<Decision>& b = small[object][rules];
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (!is_alike(a[i], b[i])) return Difference{object, i, a[i], b[i]};
      }
    }
  }
  return std::nullopt;
}

/// "patched to 0xffffffff80000000", "poisoned: missing-type".
std::string text_of(const Decision& decision) {
  if (decision.new_value)
    return fmt::format("{} to {:#x}", name(decision.outcome), *decision.new_value);
  return fmt::format("{}: {}", name(decision.outcome), name(decision.reason));
}

Error error_of(const Difference& difference, const Object& object, const std::string& file,
               bool has_modules) {
  const Relocation& relocation = object.relocations()[difference.relocation];
  // As in the output of commands: the program and the ordinal there.
  const std::string id =
      relocation.program != nullptr
          ? fmt::format("{}#{}", printable(relocation.program->name), relocation.index)
          : fmt::format("{}+{:#x}", printable(relocation.section),
                        relocation.record.insn_offset.value);
  std::string asked;
  if (difference.whole.local) {
    asked =
        fmt::format(" ({})", printable(core::format_spec(*object.btf(), *difference.whole.local)));
  }
  std::string hint = "give loaders the whole BTF of this kernel";
  const auto& local = difference.whole.local;
  if (has_modules && local &&
      (local->kind == core::ReloKind::enumval_value ||
       local->kind == core::ReloKind::field_signed)) {
    hint = "kernel and modules become one BTF, in which one signed enum tells about all: " + hint +
           ", or minimize for fewer objects at a time";
  }
  return {.code = Errc::unsupported,
          .message =
              fmt::format("a smaller BTF would decide relocation {}{} differently: {}, and not {}",
                          id, asked, text_of(difference.small), text_of(difference.whole)),
          .where = {.file = file},
          .hint = std::move(hint)};
}

std::vector<std::size_t> count_fatal(const std::vector<ByRules>& decisions) {
  std::vector<std::size_t> fatal;
  for (const ByRules& of_object : decisions) {
    fatal.push_back(static_cast<std::size_t>(
        std::ranges::count(of_object[0], core::Outcome::fatal, &Decision::outcome)));
  }
  return fatal;
}

}  // namespace

Result<Minimized> minimize(std::span<const Object* const> objects,
                           std::span<const std::string> names, const core::Target& target) {
  // What the whole BTF answers, and what of it these answers go by.
  core::KnownRoots known = roots_of(objects);
  const core::Target whole{.kernel = target.kernel, .modules = target.modules, .known = &known};
  TRY(const std::vector<ByRules> decisions, decide(objects, whole));
  std::vector<core::DecidedObject> decided;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (objects[i]->btf() == nullptr) continue;
    decided.push_back({.local = *objects[i]->btf(), .decisions = decisions[i][0]});
  }

  // The small BTF, asked again. What the rules go by is known to the last detail, and tests hold
  // the two together; should the answers differ nevertheless, candidates stay whole.
  Error error{.code = Errc::unsupported, .message = {}};
  for (const auto extent : {core::Extent::needed, core::Extent::candidates}) {
    TRY(std::vector<std::byte> blob, core::minimize(whole, decided, extent));
    TRY(const btf::View view, btf::View::open(blob));
    TRY(const std::vector<ByRules> again, decide(objects, {.kernel = view}));
    if (const auto difference = first_difference(decisions, again)) {
      const std::size_t i = difference->object;
      error = error_of(*difference, *objects[i], names[i], target.modules != nullptr);
      continue;
    }
    const std::size_t types = view.own_count();
    return Minimized{.btf = std::move(blob), .types = types, .fatal = count_fatal(decisions)};
  }
  return std::unexpected(std::move(error));
}

}  // namespace btfreloc::object
