#pragma once

#include <span>
#include <string>
#include <string_view>

#include "btfreloc/json.h"
#include "btfreloc/relocation_record.h"
#include "core/decision.h"
#include "object/object.h"

// Decisions in words, the same in every command.

namespace btfreloc::tool {

/// The decisions about all relocations of one object for one kernel, beside
/// object.relocations(); empty without a kernel.
using Decisions = std::span<const core::Decision>;

/// That of a relocation of the object; null without a kernel.
const core::Decision* decision_of(const object::Object& object,
                                  const object::Relocation& relocation, Decisions decisions);

/// "2540", "-1", "no", "poison", "fatal: ambiguous": what a column about one kernel shows.
std::string cell_text(const RelocationRecord& record, const core::Decision& decision);

/// "struct nf_conn in nf_conntrack", "struct task_struct".
std::string candidate_text(const core::Candidate& candidate);

/// "no member is named `state`": why a candidate was turned down, without its name.
std::string refusal_text(const btf::View& local, const core::Spec& spec,
                         const core::Candidate& candidate, const core::Refusal& refusal);

/// Why a relocation was not patched, in a clause: "no candidate has a member ...".
std::string reason_text(const btf::View& local, const core::Decision& decision);

/// The fields that btfreloc.relocate/1 adds to the identity of a relocation.
void add_decision(Json& json, const RelocationRecord& record, const core::Decision& decision,
                  std::endian order);

/// The fields that btfreloc.dump/1 adds with -k.
void add_cell(Json& json, const RelocationRecord& record, const core::Decision& decision);

}  // namespace btfreloc::tool
