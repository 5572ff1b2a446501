#include "btfreloc/used_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "btf/c_text.h"
#include "btf/compare/changes.h"
#include "btf/compare/fields.h"
#include "btfreloc/decision_text.h"
#include "btfreloc/member_search.h"
#include "btfreloc/relocating.h"
#include "btfreloc/relocation_record.h"
#include "btfreloc/used_functions.h"
#include "core/field.h"
#include "core/relo_kind.h"

namespace btfreloc::tool {
namespace {

using core::Decision;
using core::Outcome;

bool asks_for_type_id(std::string_view kind) {
  return kind == "local_type_id" || kind == "target_type_id";
}

bool asks_for_field(std::string_view kind) {
  return kind == "byte_off" || kind == "byte_sz" || kind == "field_exists" || kind == "signed" ||
         kind == "lshift_u64" || kind == "rshift_u64";
}

bool asks_for_enumerator(std::string_view kind) {
  return kind == "enumval_exists" || kind == "enumval_value";
}

/// What one side says of something that relocations ask for.
struct Side {
  const btf::View* btf = nullptr;  ///< Null when there is no type of that name.
  TypeId root = {};
  std::string_view module = {};
  const core::Answer* answer = nullptr;  ///< Null when it has not what is asked for.

  static Side of(const Decision& decision) {
    if (decision.considered.empty()) return {};
    const core::Candidate& candidate = decision.considered[decision.chosen.value_or(0)].candidate;
    return {.btf = candidate.btf,
            .root = candidate.type,
            .module = candidate.module,
            .answer = decision.answer()};
  }
};

/// The member that an answer is about, found again by its path; what the answer itself tells where
/// the path says less: the element of a pointer that is used as an array.
btf::Field field_of(const Side& side) {
  const core::Spec& spec = side.answer->spec;
  std::string path = core::access_path(*side.btf, spec);
  auto field = btf::find_field(*side.btf, side.root, path);
  if (field && field->offset == spec.offset) return *std::move(field);
  const auto located = core::locate_field(*side.btf, spec, side.btf->pointer_size());
  const TypeId type = located ? located->type : TypeId{};
  return {.path = std::move(path),
          .record = {},
          .index = 0,
          .type = type,
          .offset = spec.offset,
          .bitfield_size = located && located->is_bitfield ? located->bit_size : Bits{},
          .bytes = btf::size_of(*side.btf, type, side.btf->pointer_size())};
}

std::optional<std::uint64_t> enumerator_of(const Side& side) {
  if (side.answer == nullptr) return std::nullopt;
  const auto values = btf::enumerators_of(*side.btf, side.answer->spec.enum_type);
  const std::uint32_t index = side.answer->spec.access[0];
  return index < values.size() ? std::optional(values[index].value) : std::nullopt;
}

/// All that relocations ask about one member, enumerator, or a type itself.
struct Asked {
  Side before;
  Side after;
  bool is_field = false;
  bool is_enumerator = false;
  std::vector<std::size_t> differing;  ///< Indices of relocations.
};

/// Relocations of root types that share keyword and essential name.
struct Root {
  Side before;
  Side after;
  std::string name;
  std::map<std::string, Asked> asked;  ///< By path.
};

/// Takes what `decision` knows, unless something better is known.
void merge(Side& side, const Side& other) {
  if (side.btf == nullptr || (side.answer == nullptr && other.answer != nullptr)) side = other;
}

class UsedComparison {
 public:
  UsedComparison(const object::Object& object, UsedDiff& used)
      : object_(object), used_(used), relocations_(object.relocations()) {}

  void run() {
    for (std::size_t i = 0; i < relocations_.size(); ++i) add(i);
    for (auto& [title, root] : roots_) describe_root(title, root);
  }

 private:
  void add(std::size_t i) {
    const RelocationRecord& record = records_.emplace_back(describe(object_, relocations_[i]));
    const Decision& before = used_.before[i];
    const Decision& after = used_.after[i];
    const bool differs = before.outcome != after.outcome || before.new_value != after.new_value;
    if (differs) {
      used_.relocations.push_back({.relocation = &relocations_[i],
                                   .before = &before,
                                   .after = &after,
                                   .only_type_id = differs_in_id(record, before, after)});
    }
    if (!record.problem.empty()) return;
    const btf::View& local = *object_.btf();
    const TypeId type = relocations_[i].record.type;
    const std::string_view name = local.name(type);
    const std::string essential(name.substr(0, btf::essential_length(name)));
    Root& root = roots_[fmt::format("{} {}", btf::keyword(local, type), essential)];
    root.name = essential;
    merge(root.before, Side::of(before));
    merge(root.after, Side::of(after));
    Asked& asked = root.asked[record.path];
    asked.is_field = asks_for_field(record.kind);
    asked.is_enumerator = asks_for_enumerator(record.kind);
    merge(asked.before, Side::of(before));
    merge(asked.after, Side::of(after));
    if (differs && !used_.relocations.back().only_type_id) asked.differing.push_back(i);
  }

  /// True when both kernels have the type, under other ids.
  static bool differs_in_id(const RelocationRecord& record, const Decision& before,
                            const Decision& after) {
    const auto is_id = [](const Decision& decision) {
      return decision.outcome == Outcome::left_open ||
             (decision.outcome == Outcome::patched && *decision.new_value != 0);
    };
    return asks_for_type_id(record.kind) && is_id(before) && is_id(after);
  }

  void describe_root(const std::string& title, const Root& root) {
    entry_ = {
        .title = title,
        .name = root.name,
        .module = std::string(root.after.btf != nullptr ? root.after.module : root.before.module),
        .old_btf = root.before.btf,
        .new_btf = root.after.btf,
        .before = {},
        .after = {},
        .change = {},
        .notes = {}};
    if (root.before.btf != nullptr) entry_.before = root.before.root;
    if (root.after.btf != nullptr) entry_.after = root.after.root;
    bool differs = false;
    for (const auto& [path, asked] : root.asked) {
      if (asked.differing.empty()) continue;
      differs = true;
      if (asked.is_field) {
        describe_field(asked);
      } else if (asked.is_enumerator) {
        describe_enumerator(path, asked);
      } else {
        describe_type(root, asked);
      }
    }
    if (!differs) return;
    tell_successors(root);
    used_.diff.entries.push_back(std::move(entry_));
  }

  void describe_field(const Asked& asked) {
    btf::FieldChange change;
    if (asked.before.answer != nullptr) change.before = {field_of(asked.before)};
    if (asked.after.answer != nullptr) change.after = {field_of(asked.after)};
    const bool on_both = !change.before.empty() && !change.after.empty();
    if (on_both) {
      const btf::Field& before = change.before[0];
      const btf::Field& after = change.after[0];
      change.moved = before.offset != after.offset;
      change.resized = before.size() != after.size();
      change.retyped = btf::declaration(*asked.before.btf, before.type, "") !=
                       btf::declaration(*asked.after.btf, after.type, "");
    }
    for (const std::size_t i : asked.differing) {
      const std::string& kind = records_[i].kind;
      const bool is_patched =
          used_.before[i].outcome == Outcome::patched && used_.after[i].outcome == Outcome::patched;
      const bool is_place = kind != "signed" && kind != "field_exists";
      const bool is_told = on_both ? is_patched && is_place && (change.moved || change.resized)
                                   : !change.before.empty() || !change.after.empty();
      if (!is_told) note(i);
    }
    const bool is_there = !change.before.empty() || !change.after.empty();
    if (is_there && (!on_both || change.moved || change.resized || change.retyped)) {
      entry_.change.fields.push_back(std::move(change));
    }
  }

  void describe_enumerator(std::string_view path, const Asked& asked) {
    const btf::EnumeratorChange change{.name = std::string(path),
                                       .before = enumerator_of(asked.before),
                                       .after = enumerator_of(asked.after)};
    if (change.before != change.after) {
      entry_.change.enumerators.push_back(change);
    } else {
      for (const std::size_t i : asked.differing) note(i);
    }
  }

  void describe_type(const Root& root, const Asked& asked) {
    if (root.before.btf == nullptr || root.after.btf == nullptr) return;
    for (const std::size_t i : asked.differing) {
      const bool is_size = records_[i].kind == "type_size" &&
                           used_.before[i].outcome == Outcome::patched &&
                           used_.after[i].outcome == Outcome::patched;
      if (is_size && size_on(root.before) != size_on(root.after)) {
        entry_.change.size_changed = true;
      } else {
        note(i);
      }
    }
  }

  static std::optional<ByteCount> size_on(const Side& side) {
    return btf::size_of(*side.btf, side.root, side.btf->pointer_size());
  }

  /// What a relocation says that no member tells: "state signed: yes → no".
  void note(std::size_t i) {
    const std::string text = fmt::format(
        "{}{}{}: {} → {}", records_[i].path, records_[i].path.empty() ? "" : " ", records_[i].kind,
        cell_text(records_[i], used_.before[i]), cell_text(records_[i], used_.after[i]));
    if (std::ranges::find(entry_.notes, text) == entry_.notes.end()) entry_.notes.push_back(text);
  }

  /// For members that are gone: what became of them, unless the object asks for that, too.
  void tell_successors(const Root& root) {
    if (root.before.btf == nullptr || root.after.btf == nullptr) return;
    btf::SameTypes types(*root.before.btf, *root.after.btf);
    for (const btf::FieldChange& change : entry_.change.fields) {
      if (!change.is_removed()) continue;
      const auto followed =
          btf::follow_field(types, root.before.root, root.after.root, change.before[0].path);
      if (!followed) continue;
      for (const btf::Field& now : followed->after) {
        if (root.asked.contains(now.path)) continue;
        entry_.notes.push_back(
            fmt::format("{} is now {}", change.before[0].path,
                        member_text(*root.after.btf, {.path = now.path,
                                                      .type = now.type,
                                                      .offset = now.offset,
                                                      .bitfield_size = now.bitfield_size})));
      }
    }
  }

  const object::Object& object_;
  UsedDiff& used_;
  const std::vector<object::Relocation>& relocations_;
  std::vector<RelocationRecord> records_;  ///< Beside relocations_.
  std::map<std::string, Root> roots_;      ///< By title.
  DiffEntry entry_;
};

}  // namespace

Result<UsedDiff> compare_used(const Input& input, const Kernel& old_kernel,
                              const Kernel& new_kernel) {
  if (input.object() == nullptr) {
    return fail(Errc::not_found, "this is no BPF object", {.file = input.path()},
                "--used-by takes an object that clang, or a compiler like it, made for BPF");
  }
  UsedDiff used;
  TRY(used.before, decide(input, old_kernel));
  TRY(used.after, decide(input, new_kernel));
  UsedComparison(*input.object(), used).run();
  TRY_OK(compare_used_functions(*input.object(), old_kernel, new_kernel, used.diff.entries));
  sort_entries(used.diff.entries);
  return used;
}

}  // namespace btfreloc::tool
