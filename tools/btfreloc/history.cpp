#include "btfreloc/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "btf/c_text.h"
#include "btfreloc/history_track.h"
#include "btfreloc/json.h"
#include "core/members.h"

namespace btfreloc::tool {
namespace {

using Definition = FoundTypes::Definition;
using Space = HistoryKernels::Space;

/// What a name without a keyword stands for, if it stands for several things: the first of these.
enum class Rank : std::uint8_t { composite, enumeration, other_type, function, variable };

Rank rank_of(const Definition& definition) {
  const auto kind = definition.btf->kind(definition.type).value_or(btf::Kind::kVoid);
  if (btf::is_composite(kind)) return Rank::composite;
  if (kind == btf::Kind::kEnum || kind == btf::Kind::kEnum64) return Rank::enumeration;
  if (kind == btf::Kind::kFunc) return Rank::function;
  return kind == btf::Kind::kVar ? Rank::variable : Rank::other_type;
}

bool is_enum(const btf::View& btf, TypeId id) {
  const auto kind = btf.kind(id);
  return kind == btf::Kind::kEnum || kind == btf::Kind::kEnum64;
}

/// The struct or enum that a question is about: behind a typedef, when that has no name of its own
/// or a member of it is asked for.
TypeId subject_type(const btf::View& btf, TypeId id, bool has_path) {
  if (btf.kind(id) != btf::Kind::kTypedef) return id;
  const TypeId target = btf.skip_modifiers_and_typedefs(id);
  const auto kind = btf.kind(target);
  const bool has_parts = (kind && btf::is_composite(*kind)) || is_enum(btf, target);
  return has_parts && (has_path || btf.name(target).empty()) ? target : id;
}

Subject subject_of(const btf::View& btf, TypeId type) {
  const auto kind = btf.kind(type);
  if (kind && btf::is_composite(*kind)) return Subject::record;
  if (is_enum(btf, type)) return Subject::enumeration;
  return kind == btf::Kind::kFunc ? Subject::function : Subject::other;
}

std::vector<EnumeratorValue> values_of(const btf::View& btf, TypeId id, std::string_view only) {
  std::vector<EnumeratorValue> values;
  const btf::Type type = btf.decode(id);
  const bool is_signed = btf.info(id).kind_flag;
  for (std::uint32_t i = 0; i < btf.info(id).vlen; ++i) {
    const btf::Enumerator enumerator = core::enumerator_of(btf, id, i);
    const std::string_view name = btf.string(enumerator.name);
    if (!only.empty() && name != only) continue;
    // Older kernels do not say that an enum is signed; -1 shows as what C would make of it.
    const bool is_32 = btf.kind(id) == btf::Kind::kEnum;
    values.push_back(
        {.name = std::string(name),
         .value = enum_value(is_signed || !is_32 ? enumerator.value : enumerator.value & 0xffffffff,
                             is_signed)});
  }
  return values;
}

std::string declaration_of(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(id);
  const std::string_view name = btf.name(id);
  if (const auto* func = std::get_if<btf::Func>(&type)) {
    return btf::declaration(btf, func->type, name);
  }
  if (const auto* var = std::get_if<btf::Var>(&type)) {
    return btf::declaration(btf, var->type, name);
  }
  if (const auto* alias = std::get_if<btf::Typedef>(&type)) {
    return btf::declaration(btf, alias->type, "");
  }
  return {};
}

/// Members of a struct, those of anonymous ones as its own; of others, what their record counts.
std::size_t count_members(const btf::View& btf, TypeId id) {
  const auto kind = btf.kind(id);
  if (kind && btf::is_composite(*kind)) return btf::fields_of(btf, id).size();
  if (is_enum(btf, id)) return btf.info(id).vlen;
  const btf::Type type = btf.decode(id);
  if (const auto* func = std::get_if<btf::Func>(&type)) return btf.info(func->type).vlen;
  return 0;
}

/// How alike two definitions are, from 0 to 1000: by the names of their members.
std::size_t likeness(const Definition& a, const Definition& b) {
  if (&a == &b) return 1000;
  const auto names_of = [](const Definition& definition) {
    std::unordered_set<std::string> names;
    const btf::View& btf = *definition.btf;
    const TypeId type = subject_type(btf, definition.type, false);
    if (is_enum(btf, type)) {
      for (auto& value : values_of(btf, type, "")) names.insert(std::move(value.name));
    } else {
      for (auto& field : btf::fields_of(btf, type)) names.insert(std::move(field.path));
    }
    if (names.empty()) names.insert(declaration_of(btf, definition.type));
    return names;
  };
  const auto of_a = names_of(a);
  const auto of_b = names_of(b);
  const auto shared = static_cast<std::size_t>(
      std::ranges::count_if(of_a, [&](const std::string& name) { return of_b.contains(name); }));
  const std::size_t likeness = 1000 * shared / std::max(of_a.size(), of_b.size());
  return a.module == b.module ? likeness : likeness * 9 / 10;
}

/// Joins the definitions of kernels, in their order, to what seems to be the same one all along:
/// of several that share a name, each with the one that it is most like.
class Lineages {
 public:
  void add_kernel(const std::vector<const Definition*>& definitions) {
    std::vector<const Definition*> row(last_.size());
    std::vector<bool> is_taken(definitions.size());
    struct Pair {
      std::size_t likeness, lineage, definition;
    };
    std::vector<Pair> pairs;
    for (std::size_t l = 0; l < last_.size(); ++l) {
      for (std::size_t d = 0; d < definitions.size(); ++d) {
        const bool is_choice = last_.size() > 1 || definitions.size() > 1;
        pairs.push_back({is_choice ? likeness(*last_[l], *definitions[d]) : 0, l, d});
      }
    }
    std::ranges::stable_sort(pairs, std::ranges::greater{}, &Pair::likeness);
    for (const Pair& pair : pairs) {
      if (row[pair.lineage] != nullptr || is_taken[pair.definition]) continue;
      // Nothing in common, and others to choose from: another type that only has the name.
      if (pair.likeness == 0 && last_.size() < definitions.size() && !is_alone()) continue;
      row[pair.lineage] = definitions[pair.definition];
      is_taken[pair.definition] = true;
    }
    for (std::size_t d = 0; d < definitions.size(); ++d) {
      if (!is_taken[d]) row.push_back(definitions[d]);
    }
    last_.resize(row.size());
    for (std::size_t l = 0; l < row.size(); ++l) {
      if (row[l] != nullptr) last_[l] = row[l];
    }
    rows_.push_back(std::move(row));
  }

  std::size_t count() const { return last_.size(); }
  const Definition* at(std::size_t kernel, std::size_t lineage) const {
    return lineage < rows_[kernel].size() ? rows_[kernel][lineage] : nullptr;
  }

 private:
  bool is_alone() const { return last_.size() == 1; }

  std::vector<const Definition*> last_;  ///< Of each lineage, the one of the latest kernel.
  std::vector<std::vector<const Definition*>> rows_;  ///< By kernel.
};

class Telling {
 public:
  Telling(HistoryKernels& kernels, const Question& question)
      : kernels_(kernels), history_{.question = question} {}

  Result<History> tell() {
    TRY_OK(find());
    const auto all = kernels_.kernels().first(kernels_.asked_for());
    for (std::size_t begin = 0; begin < all.size();) {
      std::size_t end = begin;
      while (end < all.size() && all[end].arch == all[begin].arch) ++end;
      add_arch(begin, end);
      begin = end;
    }
    TRY_OK(compare());
    return std::move(history_);
  }

 private:
  /// Finds the definitions of all kernels, and decides what the name stands for.
  Status find() {
    const std::string& keyword = history_.question.keyword;
    const bool is_function = keyword == "func" || keyword == "var";
    TRY_OK(find_in(is_function ? Space::functions : Space::types));
    if (keyword.empty() && !has_any()) TRY_OK(find_in(Space::functions));
    if (!keyword.empty()) return {};
    Rank first = Rank::variable;
    for (const auto& definitions : definitions_) {
      for (const Definition* definition : definitions) {
        first = std::min(first, rank_of(*definition));
      }
    }
    for (auto& definitions : definitions_) {
      std::erase_if(definitions, [&](const Definition* d) { return rank_of(*d) != first; });
      if (definitions.empty() || !history_.question.keyword.empty()) continue;
      history_.question.keyword = btf::keyword(*definitions[0]->btf, definitions[0]->type);
    }
    return {};
  }

  Status find_in(Space space) {
    const Question& question = history_.question;
    definitions_.clear();
    for (std::size_t k = 0; k < kernels_.asked_for(); ++k) {
      TRY(auto found, kernels_.find(k, question.type, space));
      std::vector<const Definition*>& definitions = definitions_.emplace_back();
      for (const Definition& definition : found->definitions) {
        if (question.keyword.empty() ||
            btf::keyword(*definition.btf, definition.type) == question.keyword) {
          definitions.push_back(&definition);
        }
      }
      history_.left_out = std::max(history_.left_out, found->left_out);
      history_.found.push_back(std::move(found));
    }
    return {};
  }

  bool has_any() const {
    return std::ranges::any_of(definitions_, [](const auto& of) { return !of.empty(); });
  }

  /// The kernels of one architecture.
  void add_arch(std::size_t begin, std::size_t end) {
    Lineages lineages;
    for (std::size_t k = begin; k < end; ++k) lineages.add_kernel(definitions_[k]);
    for (std::size_t l = 0; l < lineages.count(); ++l) {
      Timeline timeline{.arch = kernels_.kernels()[begin].arch,
                        .number = lineages.count() > 1 ? static_cast<std::uint32_t>(l + 1) : 0,
                        .entries = {}};
      for (std::size_t k = begin; k < end; ++k) {
        timeline.entries.push_back(entry(k, lineages.at(k - begin, l)));
      }
      for (const Entry& entry : timeline.entries) {
        if (entry.has_type()) timeline.subject = entry.subject;
      }
      history_.timelines.push_back(std::move(timeline));
    }
  }

  Entry entry(std::size_t kernel, const Definition* definition) {
    if (definition == nullptr) {
      return {.kernel = kernel, .knows_modules = kernels_.kernels()[kernel].has_modules};
    }
    const auto [it, is_new] = entries_.try_emplace(definition);
    if (is_new) it->second = describe(*definition);
    Entry entry = it->second;
    entry.kernel = kernel;
    return entry;
  }

  Entry describe(const Definition& definition) const {
    const btf::View& btf = *definition.btf;
    const std::string& path = history_.question.path;
    const TypeId type = subject_type(btf, definition.type, !path.empty());
    Entry entry{.kernel = 0,
                .definition = &definition,
                .type = type,
                .subject = subject_of(btf, type),
                .module = definition.module,
                .title = btf::title(btf, definition.type),
                .size = btf::size_of(btf, definition.type, btf.pointer_size()),
                .members = count_members(btf, type),
                .declaration = declaration_of(btf, definition.type)};
    if (entry.subject == Subject::enumeration) entry.values = values_of(btf, type, path);
    return entry;
  }

  /// Follows what was asked for from kernel to kernel.
  Status compare() {
    const std::string& path = history_.question.path;
    const bool is_member = !path.empty() && history_.question.keyword != "enum";
    if (is_member) track_fields(history_.timelines, path);
    for (Timeline& timeline : history_.timelines) {
      add_steps(timeline, !path.empty());
      for (Step& step : timeline.steps) {
        if (!step.field || !step.field->is_removed()) continue;
        TRY(step.elsewhere, find_elsewhere(kernels_, timeline.entries[step.before],
                                           timeline.entries[step.after], step.field->before[0]));
      }
    }
    return {};
  }

  HistoryKernels& kernels_;
  History history_;
  std::vector<std::vector<const Definition*>> definitions_;  ///< By kernel.
  std::unordered_map<const Definition*, Entry> entries_;
};

}  // namespace

std::string Question::text() const {
  std::string text = keyword.empty() ? type : keyword + " " + type;
  if (!path.empty()) text += (path.starts_with('[') ? "" : ".") + path;
  return text;
}

std::vector<Run> Timeline::runs() const {
  std::vector<Run> runs;
  std::size_t begin = 0;
  for (const Step& step : steps) runs.push_back({std::exchange(begin, step.after), step.after});
  if (begin < entries.size()) runs.push_back({begin, entries.size()});
  return runs;
}

bool History::has_type() const {
  return std::ranges::any_of(timelines, [](const Timeline& timeline) {
    return std::ranges::any_of(timeline.entries, &Entry::has_type);
  });
}

bool History::exists() const {
  if (question.path.empty()) return has_type();
  return std::ranges::any_of(timelines, [](const Timeline& timeline) {
    return std::ranges::any_of(timeline.entries, [](const Entry& entry) {
      return entry.subject == Subject::enumeration ? !entry.values.empty() : entry.has_path;
    });
  });
}

FieldPlace place_of(const btf::View& btf, const btf::Field& field) {
  return {.path = field.path,
          .offset = field.offset,
          .bitfield_size = field.bitfield_size,
          .bytes = field.bytes,
          .type = btf::declaration(btf, field.type, "")};
}

Result<History> tell_history(HistoryKernels& kernels, const Question& question) {
  return Telling(kernels, question).tell();
}

}  // namespace btfreloc::tool
