#include "btfreloc/history_unknown.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/member_search.h"
#include "btfreloc/suggest.h"

namespace btfreloc::tool {
namespace {

using Space = HistoryKernels::Space;

constexpr std::size_t kMostListed = 6;

/// "all 8 kernels", or their names.
std::string kernels_text(const HistoryKernels& kernels, const std::vector<std::size_t>& which) {
  if (which.size() == kernels.asked_for() && which.size() > 1 &&
      std::ranges::all_of(which, [&](std::size_t k) { return k < kernels.asked_for(); })) {
    return fmt::format("all {} kernels", which.size());
  }
  std::string text;
  for (std::size_t i = 0; i < which.size() && i < kMostListed; ++i) {
    const HistoryKernel& kernel = kernels.kernels()[which[i]];
    text += (i == 0 ? "" : ", ") + kernel.label;
  }
  if (which.size() > kMostListed) {
    text += fmt::format(" and {} more", which.size() - kMostListed);
  }
  return text;
}

Space space_of(const Question& question) {
  const bool is_function = question.keyword == "func" || question.keyword == "var";
  return is_function ? Space::functions : Space::types;
}

/// Those of the kernels from `begin` on that have the name.
Result<std::vector<std::size_t>> kernels_with(HistoryKernels& kernels, std::string_view name,
                                              Space space, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> found;
  for (std::size_t k = begin; k < end; ++k) {
    TRY(const auto types, kernels.find(k, name, space));
    if (!types->definitions.empty()) found.push_back(k);
  }
  return found;
}

Status print_unknown_type(HistoryKernels& kernels, const Question& question) {
  const std::size_t asked_for = kernels.asked_for();
  std::vector<std::string> notes;
  for (const Space space : {Space::types, Space::functions}) {
    const char* what = space == Space::types ? "a type" : "a function or variable";
    TRY(const auto here, kernels_with(kernels, question.type, space, 0, asked_for));
    TRY(const auto others,
        kernels_with(kernels, question.type, space, asked_for, kernels.kernels().size()));
    if (!here.empty() && !question.keyword.empty()) {
      notes.push_back(
          fmt::format("it is {} of another kind in {}", what, kernels_text(kernels, here)));
    }
    if (here.empty() && !others.empty()) {
      notes.push_back(
          fmt::format("{} of that name is in {}: see --arch", what, kernels_text(kernels, others)));
    }
  }
  TRY(const std::vector<std::string> names, kernels.names(space_of(question)));
  auto near = nearest(question.type, {names.begin(), names.end()});
  std::erase(near, question.type);
  for (const std::string_view name : near) {
    TRY(const auto with, kernels_with(kernels, name, space_of(question), 0, asked_for));
    if (!with.empty()) {
      notes.push_back(fmt::format("`{}` is in {}", name, kernels_text(kernels, with)));
    }
  }
  const char* what = space_of(question) == Space::functions ? "function" : "type";
  const bool has_own_word = !question.keyword.empty() && space_of(question) == Space::types;
  const std::string name = (has_own_word ? question.keyword + " " : "") + question.type;
  print(Finding{.level = Level::error,
                .code = "not-found",
                .message = fmt::format("none of {} kernel{} has a {} named `{}`", asked_for,
                                       asked_for == 1 ? "" : "s", what, name),
                .notes = std::move(notes),
                .help = did_you_mean(near)});
  return {};
}

/// The last component of a path that leads nowhere, and what is near it.
void print_unknown_enumerator(const HistoryKernels& kernels, const History& history,
                              const Entry& latest) {
  const btf::View& btf = *latest.definition->btf;
  std::vector<std::string> names;
  const btf::Type type = btf.decode(latest.type);
  const auto add = [&](const auto& values) {
    for (const btf::Enumerator value : values) names.emplace_back(btf.string(value.name));
  };
  if (const auto* e = std::get_if<btf::Enum>(&type)) add(e->values);
  if (const auto* e = std::get_if<btf::Enum64>(&type)) add(e->values);
  print(
      Finding{.level = Level::error,
              .code = "not-found",
              .message = fmt::format("none of {} kernels has an enumerator named `{}` in `{}`",
                                     kernels.asked_for(), history.question.path, latest.title),
              .help = did_you_mean(nearest(history.question.path, {names.begin(), names.end()}))});
}

/// Kernels of other architectures that have the member.
Result<std::vector<std::size_t>> others_with(HistoryKernels& kernels, const Question& question) {
  std::vector<std::size_t> found;
  for (std::size_t k = kernels.asked_for(); k < kernels.kernels().size(); ++k) {
    TRY(const auto types, kernels.find(k, question.type, Space::types));
    const bool has = std::ranges::any_of(types->definitions, [&](const auto& definition) {
      return btf::find_field(*definition.btf, definition.type, question.path).has_value();
    });
    if (has) found.push_back(k);
  }
  return found;
}

/// A member that may be meant, and the kernels that have it.
struct NearMember {
  std::string path;
  std::vector<std::size_t> kernels;
};

/// What is named nearly like the part of the path that leads nowhere, in each kernel.
std::vector<NearMember> near_members(const Timeline& timeline, const std::string& path) {
  std::vector<NearMember> near;
  for (const Entry& entry : timeline.entries) {
    if (!entry.has_type()) continue;
    const btf::View& btf = *entry.definition->btf;
    const auto no_field = btf::find_field(btf, entry.type, path);
    if (no_field) continue;
    const btf::NoField& problem = no_field.error();
    const std::string prefix = problem.before.empty() ? "" : problem.before + ".";
    auto found = nearest_members(btf, problem.in, problem.component);
    std::ranges::move(nested_members(btf, problem.in, problem.component),
                      std::back_inserter(found));
    for (const FoundMember& member : found) {
      const auto known = std::ranges::find(near, prefix + member.path, &NearMember::path);
      if (known != near.end()) {
        known->kernels.push_back(entry.kernel);
      } else {
        near.push_back({.path = prefix + member.path, .kernels = {entry.kernel}});
      }
    }
  }
  return near;
}

Status print_unknown_member(HistoryKernels& kernels, const History& history, const Entry& latest) {
  const Question& question = history.question;
  const btf::View& btf = *latest.definition->btf;
  std::vector<std::string> notes;
  if (const auto no_field = btf::find_field(btf, latest.type, question.path); !no_field) {
    notes.push_back(fmt::format("in {}, {}", kernels.kernels()[latest.kernel].label,
                                btf::text(btf, no_field.error())));
  }
  std::vector<std::string_view> names;
  constexpr std::size_t kMostNear = 3;
  const auto near = near_members(history.timelines[0], question.path);
  for (std::size_t i = 0; i < near.size() && i < kMostNear; ++i) {
    names.push_back(near[i].path);
    notes.push_back(
        fmt::format("`{}` is in {}", near[i].path, kernels_text(kernels, near[i].kernels)));
  }
  TRY(const auto others, others_with(kernels, question));
  if (!others.empty()) {
    notes.push_back(fmt::format("it is there in {}: see --arch", kernels_text(kernels, others)));
  }
  print(Finding{.level = Level::error,
                .code = "not-found",
                .message = fmt::format("none of {} kernel{} has `{}`", kernels.asked_for(),
                                       kernels.asked_for() == 1 ? "" : "s", question.text()),
                .notes = std::move(notes),
                .help = did_you_mean(names)});
  return {};
}

}  // namespace

Status print_unknown(HistoryKernels& kernels, const History& history) {
  const Entry* latest = nullptr;
  for (const Timeline& timeline : history.timelines) {
    for (const Entry& entry : timeline.entries) {
      if (entry.has_type()) latest = &entry;
    }
  }
  if (latest == nullptr) return print_unknown_type(kernels, history.question);
  if (latest->subject == Subject::enumeration) {
    print_unknown_enumerator(kernels, history, *latest);
    return {};
  }
  return print_unknown_member(kernels, history, *latest);
}

}  // namespace btfreloc::tool
