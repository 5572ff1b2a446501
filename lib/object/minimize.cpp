#include "object/minimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

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

bool all_alike(const std::vector<ByRules>& a, const std::vector<ByRules>& b) {
  return std::ranges::equal(a, b, [](const ByRules& x, const ByRules& y) {
    return std::ranges::equal(x, y, [](const auto& of_x, const auto& of_y) {
      return std::ranges::equal(of_x, of_y, is_alike);
    });
  });
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

Result<Minimized> minimize(std::span<const Object* const> objects, const core::Target& target) {
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
  for (const auto extent : {core::Extent::needed, core::Extent::candidates}) {
    TRY(std::vector<std::byte> blob, core::minimize(whole, decided, extent));
    TRY(const btf::View view, btf::View::open(blob));
    TRY(const std::vector<ByRules> again, decide(objects, {.kernel = view}));
    if (!all_alike(decisions, again)) continue;
    const std::size_t types = view.own_count();
    return Minimized{.btf = std::move(blob), .types = types, .fatal = count_fatal(decisions)};
  }
  return fail(Errc::unsupported, "a smaller BTF would decide some relocations differently", {},
              "give loaders the whole BTF of this kernel");
}

}  // namespace btfreloc::object
