#include "core/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace btfreloc::core {

std::string id_text(const Candidate& candidate) {
  return candidate.keeps_id ? fmt::format("[{}]", candidate.type.value) : "[?]";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::patched: return "patched";
    case Outcome::poisoned: return "poisoned";
    case Outcome::fatal: return "fatal";
    case Outcome::skipped: return "skipped";
    case Outcome::left_open: return "open";
  }
  std::unreachable();
}

bool Decision::ruled_out_differs() const {
  if (answer() == nullptr) return false;
  return std::ranges::any_of(considered, [&](const CandidateVerdict& verdict) {
    const auto* other = std::get_if<Answer>(&verdict.result);
    return !verdict.counted && other != nullptr && other->value != answer()->value;
  });
}

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::none: return "";
    case Reason::missing_type: return "missing-type";
    case Reason::missing_member: return "missing-member";
    case Reason::missing_enumerator: return "missing-enumerator";
    case Reason::bad_access_size: return "bad-access-size";
    case Reason::bad_relocation: return "bad-relocation";
    case Reason::anonymous_root: return "anonymous-root";
    case Reason::ambiguous: return "ambiguous";
    case Reason::incoherent_layout: return "incoherent-layout";
    case Reason::no_value: return "no-value";
    case Reason::unexpected_value: return "unexpected-value";
    case Reason::unexpected_instruction: return "unexpected-instruction";
    case Reason::value_out_of_range: return "value-out-of-range";
    case Reason::in_no_program: return "in-no-program";
    case Reason::id_not_kept: return "id-not-kept";
  }
  std::unreachable();
}

}  // namespace btfreloc::core
