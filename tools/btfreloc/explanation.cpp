#include "btfreloc/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "btf/c_text.h"
#include "btfreloc/member_search.h"
#include "btfreloc/suggest.h"
#include "core/field.h"
#include "core/members.h"
#include "insn/disasm.h"

namespace btfreloc::tool {
namespace {

using core::Decision;
using core::Mismatch;
using core::Outcome;
using core::ReloKind;

constexpr std::size_t kMostCandidates = 10;

std::string plural(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string type_text(const btf::View& btf, TypeId type) {
  return printable(btf::declaration(btf, type, ""));
}

/// "byte 2540, 4 bytes (pid_t)", "bits 27 to 29 of a 4-byte unit at byte 8 (unsigned int : 3)".
std::string place_text(const btf::View& btf, const core::Spec& spec, ByteCount pointer_size) {
  const auto field = core::locate_field(btf, spec, pointer_size);
  if (!field) return field.error().reason;
  const core::Accessor& last = spec.path.back();
  const TypeId type =
      last.is_member() ? (*core::members_of(btf, last.type))[last.index].type : last.type;
  if (!field->is_bitfield) {
    return fmt::format("byte {}, {} ({})", field->offset.value, plural(field->size.value, "byte"),
                       type_text(btf, type));
  }
  const std::uint64_t first = field->bit_offset.value - 8 * field->offset.value;
  const std::uint64_t end = first + field->bit_size.value - 1;
  const std::string bits =
      first == end ? fmt::format("bit {}", first) : fmt::format("bits {} to {}", first, end);
  return fmt::format("{} of a {}-byte unit at byte {} ({} : {})", bits, field->size.value,
                     field->offset.value, type_text(btf, type), field->bit_size.value);
}

/// What a kind asks of its subject, in front of its name.
std::string_view asked_of(ReloKind kind) {
  switch (kind) {
    case ReloKind::field_byte_offset: return "";
    case ReloKind::field_byte_size:
    case ReloKind::type_size: return "the size of ";
    case ReloKind::field_signed: return "the sign of ";
    case ReloKind::field_lshift_u64: return "the left shift for ";
    case ReloKind::field_rshift_u64: return "the right shift for ";
    case ReloKind::type_id_local: return "the id, in this object, of ";
    case ReloKind::type_id_target: return "the id of ";
    case ReloKind::field_exists:
    case ReloKind::type_exists:
    case ReloKind::enumval_exists: return "whether there is ";
    case ReloKind::enumval_value: return "the value of ";
    case ReloKind::type_matches: return "whether there is one that has all of ";
  }
  std::unreachable();
}

class Explanation {
 public:
  Explanation(Output& out, const Relocating& relocating, const object::Relocation& relocation,
              Nearby& nearby)
      : out_(out),
        object_(relocating.object()),
        relocation_(relocation),
        decision_(*decision_of(object_, relocation, relocating.decisions)),
        record_(describe(object_, relocation)),
        local_(*object_.btf()),
        kernel_(relocating.kernel.btf()),
        keeps_ids_(relocating.kernel.keeps_ids()),
        nearby_(nearby) {}

  void print() {
    print_heading();
    if (decision_.local) {
      print_question();
      if (decision_.local->kind != ReloKind::type_id_local &&
          decision_.reason != core::Reason::anonymous_root) {
        print_search();
        print_candidates();
      }
    }
    print_decision();
    out_ << "\n";
  }

 private:
  void print_heading() {
    out_ << out_.heading(record_.id)
         << fmt::format("   {}   [{}] {}   access string {}\n", record_.kind,
                        relocation_.record.type.value, record_.root, record_.access);
    if (relocation_.program != nullptr) {
      if (const auto source = object_.source(*relocation_.program, relocation_.insn)) {
        out_ << out_.dim(fmt::format("{}:{}  {}", printable(source->file), source->line,
                                     printable(source->text)))
             << "\n";
      }
    }
    out_ << "\n";
  }

  void step(std::string_view what, const std::string& text) {
    out_ << fmt::format("{}. {:<12}{}\n", ++steps_, what, text);
  }
  void detail(const std::string& text) { out_ << "                 " << text << "\n"; }

  void print_question() {
    const core::Spec& spec = *decision_.local;
    std::string text = fmt::format("{}{}", asked_of(spec.kind), out_.name(record_.full_path));
    if (core::is_field_based(spec.kind)) {
      text += ": " + place_text(local_, spec, {8});
    } else if (spec.kind == ReloKind::type_size || spec.kind == ReloKind::enumval_value) {
      text += ": " + record_.local_text();
    }
    step("asks for", text);
  }

  void print_search() {
    const std::string_view root = local_.name(decision_.local->root);
    const std::size_t length = btf::essential_length(root);
    const std::string_view keyword = btf::keyword(local_, decision_.local->root);
    std::string text = fmt::format("types named {}", out_.name(printable(root.substr(0, length))));
    if (!keyword.empty()) text += fmt::format(", each {}", article(keyword));
    if (length < root.size()) {
      text += fmt::format(" (the flavor `{}` is ignored)", printable(root.substr(length + 3)));
    }
    step("looks for", text);
  }

  static std::string article(std::string_view keyword) {
    return fmt::format("{} {}", keyword == "enum" ? "an" : "a", keyword);
  }

  void print_candidates() {
    if (decision_.considered.empty()) {
      step("candidates", "none" + near_types());
      return;
    }
    for (std::size_t i = 0; i < decision_.considered.size(); ++i) {
      if (i == kMostCandidates) {
        detail(fmt::format("and {} more", decision_.considered.size() - i));
        return;
      }
      const core::CandidateVerdict& verdict = decision_.considered[i];
      if (i == 0) {
        step("candidates", candidate_line(verdict.candidate));
      } else {
        out_ << "               " << candidate_line(verdict.candidate) << "\n";
      }
      print_verdict(verdict);
    }
  }

  /// The names near that of the root, and the same name where it is of another kind.
  std::string near_types() {
    const std::string_view root = local_.name(decision_.local->root);
    const std::string_view name = root.substr(0, btf::essential_length(root));
    const auto kind = local_.kind(decision_.local->root);
    const auto [known, is_new] = nearby_.types.try_emplace(
        fmt::format("{} {}", btf::keyword(local_, decision_.local->root), name));
    if (!is_new) return known->second;
    std::vector<std::string_view> names;
    std::string text;
    for (std::uint32_t id = 1; id < kernel_.size(); ++id) {
      if (kernel_.kind(TypeId{id}) == kind) {
        names.push_back(kernel_.name(TypeId{id}));
      } else if (text.empty() && kernel_.string_is(kernel_.name_offset(TypeId{id}), name)) {
        const core::Candidate other = {
            .btf = &kernel_, .module = {}, .type = TypeId{id}, .keeps_id = keeps_ids_};
        text = fmt::format("; there is {} {}", id_text(other), candidate_text(other));
      }
    }
    const auto near = nearest(name, names);
    for (std::size_t i = 0; i < near.size(); ++i) {
      text += fmt::format("{}`{}`", i == 0 ? "; closest: " : ", ", printable(near[i]));
    }
    return known->second = text;
  }

  static std::string candidate_line(const core::Candidate& candidate) {
    const btf::View& btf = *candidate.btf;
    std::string text = fmt::format("{} {}", id_text(candidate), candidate_text(candidate));
    const TypeId type = btf.skip_modifiers_and_typedefs(candidate.type);
    if (const auto size = btf::size_of(btf, type, btf.pointer_size())) {
      text += fmt::format(", {}", plural(size->value, "byte"));
    }
    const auto kind = btf.kind(type);
    if (core::members_of(btf, type)) {
      text += fmt::format(", {}", plural(btf.info(type).vlen, "member"));
    } else if (kind && is_enum(*kind)) {
      text += fmt::format(", {}", plural(btf.info(type).vlen, "enumerator"));
    }
    return text;
  }

  void print_verdict(const core::CandidateVerdict& verdict) {
    const btf::View& btf = *verdict.candidate.btf;
    if (const auto* answer = std::get_if<core::Answer>(&verdict.result)) {
      const std::string path = printable(core::access_path(btf, answer->spec));
      if (core::is_field_based(answer->spec.kind)) {
        detail(fmt::format("has {}: {}", out_.name(path),
                           place_text(btf, answer->spec, btf.pointer_size())));
      } else if (core::is_enumval_based(answer->spec.kind)) {
        detail(fmt::format(
            "has {} = {}", out_.name(path),
            static_cast<std::int64_t>(
                core::enumerator_of(btf, answer->spec.enum_type, answer->spec.access[0]).value)));
      } else {
        detail("is compatible");
      }
    } else if (const auto* refusal = std::get_if<core::Refusal>(&verdict.result)) {
      print_refusal(verdict.candidate, *refusal);
    } else {
      detail(std::get<core::Malformed>(verdict.result).reason);
    }
    if (!verdict.counted) {
      detail("not counted: other candidates satisfy all that is asked of this type");
    }
  }

  void print_refusal(const core::Candidate& candidate, const core::Refusal& refusal) {
    const btf::View& btf = *candidate.btf;
    std::string text = refusal_text(local_, *decision_.local, candidate, refusal);
    if (refusal.why == Mismatch::no_such_enumerator) {
      detail(text + near_enumerators(btf, refusal.type));
      return;
    }
    if (refusal.why != Mismatch::no_such_member) {
      detail(text);
      return;
    }
    const core::Accessor& asked = decision_.local->path[refusal.step];
    const std::string_view name = local_.string(asked.name);
    const auto near = nearest_members(btf, refusal.type, name);
    for (std::size_t i = 0; i < near.size(); ++i) {
      text += (i == 0 ? "; closest: " : ", ") + member_text(btf, near[i]);
    }
    detail(text);
    const btf::Member member = (*core::members_of(local_, asked.type))[asked.index];
    if (const auto there = member_at(btf, refusal.type, member.offset)) {
      detail(fmt::format("where the object has it, at byte {}, is {}",
                         whole_bytes(member.offset).value, member_text(btf, *there)));
    }
    for (const FoundMember& nested : nested_members(btf, refusal.type, name)) {
      detail(fmt::format("another one is at {}", member_text(btf, nested)));
    }
  }

  std::string near_enumerators(const btf::View& btf, TypeId type) const {
    std::vector<std::string_view> names;
    for (std::uint32_t i = 0; i < btf.info(type).vlen; ++i) {
      names.push_back(btf.string(core::enumerator_of(btf, type, i).name));
    }
    std::string text;
    for (const std::string_view near :
         nearest(core::access_path(local_, *decision_.local), names)) {
      text += fmt::format("{}`{}`", text.empty() ? "; closest: " : ", ", printable(near));
    }
    return text;
  }

  void print_decision() {
    switch (decision_.outcome) {
      case Outcome::patched: step("decides", patched_text()); break;
      case Outcome::poisoned:
        step("decides", out_.bad("poison") + ": " + reason_text(local_, decision_));
        break;
      case Outcome::fatal:
        step("decides", out_.bad(fmt::format("fatal, {}", name(decision_.reason))) + ": " +
                            reason_text(local_, decision_));
        detail("no loader takes the object");
        return;
      case Outcome::skipped:
        step("decides", "nothing: its instruction is in no program, and loaders skip it");
        return;
      case Outcome::left_open:
        step("decides", "not known: the kernel set does not keep the ids of this kernel's types");
        return;
    }
    print_effect();
    if (decision_.field_size_changed) {
      detail(
          out_.bad("what reads it from its address reads as many bytes as it has in the object"));
    }
  }

  std::string patched_text() const {
    const std::string there = record_.value_text(*decision_.new_value);
    if (record_.answers_yes_or_no()) return out_.value(there);
    const std::string text = fmt::format("{} → {}", record_.local_text(), out_.value(there));
    const bool is_missing = !decision_.chosen && decision_.local->kind != ReloKind::type_id_local;
    return is_missing ? text + ", which says that there is none" : text;
  }

  void print_effect() {
    const std::string before = text_of_site(decision_.before);
    if (decision_.before == decision_.after) {
      detail(fmt::format("instruction {}  `{}`  stays as it is", relocation_.insn.value, before));
      return;
    }
    const std::string after = text_of_site(decision_.after);
    const bool is_poison = decision_.outcome == Outcome::poisoned;
    detail(fmt::format("instruction {}  `{}`  becomes  `{}`{}", relocation_.insn.value, before,
                       after, is_poison ? ", which the verifier rejects if it gets there" : ""));
  }

  static std::string text_of_site(const core::Site& site) {
    return insn::disassemble(site.first, site.second ? site.second->imm : 0);
  }

  Output& out_;
  const object::Object& object_;
  const object::Relocation& relocation_;
  const Decision& decision_;
  RelocationRecord record_;
  const btf::View& local_;
  const btf::View& kernel_;
  bool keeps_ids_;
  Nearby& nearby_;
  int steps_ = 0;
};

}  // namespace

void print_explanation(Output& out, const Relocating& relocating,
                       const object::Relocation& relocation, Nearby& nearby) {
  Explanation(out, relocating, relocation, nearby).print();
}

}  // namespace btfreloc::tool
