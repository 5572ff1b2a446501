#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/units.h"
#include "core/field.h"
#include "core/match.h"
#include "core/patch.h"
#include "core/spec.h"
#include "core/target.h"

namespace btfreloc::core {

/// "[95333]": the id of a candidate in the kernel; "[?]" when the target does not tell.
std::string id_text(const Candidate& candidate);

/// What a candidate answers to one relocation.
struct Answer {
  Spec spec;            ///< In the candidate's types.
  std::uint64_t value;  ///< What would be patched in; units as in value_of().
  Access access;        ///< For byte_off; 0 otherwise.
};

/// A candidate and what it came to.
struct CandidateVerdict {
  Candidate candidate;
  /// Malformed: it matches, but has no value, or types nest too deeply to tell.
  std::variant<Answer, Refusal, Malformed> result;
  /// False when a rule about the whole root type ruled it out before this relocation: see Rules.
  bool counted = true;
};

enum class Outcome : std::uint8_t {
  patched,    ///< The instruction holds the value, which may say that something is missing.
  poisoned,   ///< The instruction became a call that no verifier accepts.
  fatal,      ///< The object cannot be loaded; the instruction is as it was.
  skipped,    ///< Its instruction is in no program.
  left_open,  ///< Its value is the id of a type in the kernel, which the target does not tell; the
              ///< instruction is as it was.
};
std::string_view name(Outcome outcome);

/// Why a relocation was not patched. The spelling (name()) is stable.
enum class Reason : std::uint8_t {
  none,
  // poisoned
  missing_type,        ///< No candidate at all.
  missing_member,      ///< No candidate has a member, or element, of that name and type.
  missing_enumerator,  ///< No candidate has an enumerator of that name.
  bad_access_size,     ///< The field has another size, and this load or store cannot have it.
  // fatal
  bad_relocation,          ///< The record means nothing.
  anonymous_root,          ///< Its root type has no name to look for.
  ambiguous,               ///< Candidates answer differently.
  incoherent_layout,       ///< No candidate satisfies all relocations of the root type.
  no_value,                ///< A type or bitfield that has no such value.
  unexpected_value,        ///< The instruction does not hold the value the compiler put there.
  unexpected_instruction,  ///< An instruction that holds no value, or not one of this size.
  value_out_of_range,      ///< The value does not fit the instruction.
  // skipped
  in_no_program,
  // left open
  id_not_kept,
};
std::string_view name(Reason reason);

/// What the engine decided for one relocation, and everything it looked at. Printers print this;
/// they do not run the matcher a second time.
struct Decision {
  Outcome outcome = Outcome::fatal;
  Reason reason = Reason::none;
  std::string detail = {};  ///< The reason in words, for people; "" when the code says it all.
  std::optional<Spec> local = {};
  std::optional<std::uint64_t> local_value = {};
  std::optional<std::uint64_t> new_value = {};  ///< Of a patched one.
  std::vector<CandidateVerdict> considered = {};
  std::optional<std::size_t> chosen = {};  ///< Index into `considered`: whose answer was taken.
  Site before = {};
  Site after = {};
  /// The field has another size than in the object, and the instruction only computes its address:
  /// what reads it reads as many bytes as before.
  bool field_size_changed = false;

  /// True when a candidate that does not count would have given another value.
  bool ruled_out_differs() const;

  const Answer* answer() const {
    return chosen ? std::get_if<Answer>(&considered[*chosen].result) : nullptr;
  }
};

}  // namespace btfreloc::core
