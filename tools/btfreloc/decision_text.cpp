#include "btfreloc/decision_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "btf/c_text.h"
#include "btfreloc/output.h"
#include "core/members.h"
#include "insn/insn.h"

namespace btfreloc::tool {
namespace {

using core::Decision;
using core::Mismatch;
using core::Outcome;
using core::Reason;

std::string ticked(std::string_view name) { return fmt::format("`{}`", printable(name)); }

/// The local path up to and with step `step`, as C: "a.b[3]".
std::string path_up_to(const btf::View& local, const core::Spec& spec, std::size_t step) {
  core::Spec part = spec;
  part.path.resize(std::min(part.path.size(), step + 1));
  return printable(core::access_path(local, part));
}

std::string type_text(const btf::View& btf, TypeId type) {
  return printable(btf::declaration(btf, type, ""));
}

std::string hex(const core::Site& site, std::endian order) {
  std::array<std::byte, 16> bytes;
  insn::encode(site.first, bytes.data(), order);
  if (site.second) insn::encode(*site.second, bytes.data() + 8, order);
  std::string text;
  for (std::size_t i = 0; i < (site.second ? 16 : 8); ++i) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(bytes[i]));
  }
  return text;
}

Json target_json(const Decision& decision) {
  const core::Answer* answer = decision.answer();
  if (answer == nullptr) return nullptr;
  const core::Candidate& candidate = decision.considered[*decision.chosen].candidate;
  return {{"type", printable(btf::title(*candidate.btf, candidate.type))},
          {"type_id", candidate.keeps_id ? Json(candidate.type.value) : Json(nullptr)},
          {"module", candidate.module.empty() ? Json(nullptr) : Json(candidate.module)},
          {"path", printable(core::access_path(*candidate.btf, answer->spec))}};
}

}  // namespace

const Decision* decision_of(const object::Object& object, const object::Relocation& relocation,
                            Decisions decisions) {
  if (decisions.empty()) return nullptr;
  return &decisions[static_cast<std::size_t>(&relocation - object.relocations().data())];
}

std::string cell_text(const RelocationRecord& record, const Decision& decision) {
  switch (decision.outcome) {
    case Outcome::patched: return record.value_text(*decision.new_value);
    case Outcome::poisoned: return "poison";
    case Outcome::fatal: return fmt::format("fatal: {}", name(decision.reason));
    case Outcome::skipped: return "skipped";
    case Outcome::left_open: return "not known";
  }
  std::unreachable();
}

std::string candidate_text(const core::Candidate& candidate) {
  const std::string title = printable(btf::title(*candidate.btf, candidate.type));
  if (candidate.module.empty()) return title;
  return fmt::format("{} in {}", title, printable(candidate.module));
}

std::string refusal_text(const btf::View& local, const core::Spec& spec,
                         const core::Candidate& candidate, const core::Refusal& refusal) {
  const btf::View& target = *candidate.btf;
  const auto asked = [&] {
    const core::Accessor& step = spec.path[refusal.step];
    return step.is_member() ? ticked(local.string(step.name)) : fmt::format("[{}]", step.index);
  };
  switch (refusal.why) {
    case Mismatch::no_such_member:
      return fmt::format(
          "no member named {}{}", asked(),
          refusal.step < 2 ? ""
                           : fmt::format(" in its {}", path_up_to(local, spec, refusal.step - 1)));
    case Mismatch::member_type: {
      const auto members = core::members_of(local, spec.path[refusal.step].type);
      return fmt::format("{} is {}, and the object has {}", asked(),
                         ticked(type_text(target, refusal.member)),
                         ticked(type_text(local, (*members)[spec.path[refusal.step].index].type)));
    }
    case Mismatch::not_composite:
    case Mismatch::not_array:
      return fmt::format("{} is asked of {}, which has none", asked(),
                         ticked(type_text(target, refusal.type)));
    case Mismatch::array_bound: {
      const auto array = std::get<btf::Array>(target.decode(refusal.type));
      return fmt::format("no element {}: it has {}", asked(), array.nr_elems);
    }
    case Mismatch::not_enum:
      return fmt::format("{} is no enum", ticked(type_text(target, refusal.type)));
    case Mismatch::no_such_enumerator:
      return fmt::format("no enumerator named {}", ticked(core::access_path(local, spec)));
    case Mismatch::type: return "another type";
    case Mismatch::type_contents: return "its name, size, or some member or enumerator differs";
  }
  std::unreachable();
}

std::string reason_text(const btf::View& local, const Decision& decision) {
  if (!decision.detail.empty()) return decision.detail;
  if (decision.reason == Reason::missing_type) {
    const std::string_view root = local.name(decision.local->root);
    return fmt::format("no type named {}", ticked(root.substr(0, btf::essential_length(root))));
  }
  for (const core::CandidateVerdict& verdict : decision.considered) {
    const auto* refusal = std::get_if<core::Refusal>(&verdict.result);
    if (refusal == nullptr || !verdict.counted) continue;
    return fmt::format("{} {}: {}", candidate_text(verdict.candidate), id_text(verdict.candidate),
                       refusal_text(local, *decision.local, verdict.candidate, *refusal));
  }
  return {};
}

void add_decision(Json& json, const RelocationRecord& record, const Decision& decision,
                  std::endian order) {
  json["outcome"] = name(decision.outcome);
  json["old"] = decision.local_value ? value_json(record, *decision.local_value) : Json(nullptr);
  json["new"] = decision.new_value ? value_json(record, *decision.new_value) : Json(nullptr);
  const bool has_site = decision.before.first != insn::Insn{};
  json["before"] = has_site ? Json(hex(decision.before, order)) : Json(nullptr);
  json["after"] = has_site ? Json(hex(decision.after, order)) : Json(nullptr);
  json["target"] = target_json(decision);
  json["reason"] = decision.reason == Reason::none ? Json(nullptr) : Json(name(decision.reason));
  json["warnings"] = Json::array();
  if (decision.field_size_changed) json["warnings"].push_back("field-size-changed");
  if (decision.ruled_out_differs()) json["warnings"].push_back("same-name-differs");
}

void add_cell(Json& json, const RelocationRecord& record, const Decision& decision) {
  const bool is_patched = decision.outcome == Outcome::patched;
  std::string_view cell = "fatal";
  if (decision.outcome == Outcome::poisoned) cell = "poison";
  if (decision.outcome == Outcome::skipped || decision.outcome == Outcome::left_open)
    cell = "unknown";
  if (is_patched) {
    cell = record.answers_yes_or_no() && *decision.new_value == 0 && record.kind != "signed"
               ? "no"
               : "value";
  }
  json["cell"] = cell;
  json["value"] = is_patched ? value_json(record, *decision.new_value) : Json(nullptr);
  json["reason"] = decision.reason == Reason::none ? Json(nullptr) : Json(name(decision.reason));
}

}  // namespace btfreloc::tool
