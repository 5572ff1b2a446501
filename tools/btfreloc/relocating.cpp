#include "btfreloc/relocating.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "btfreloc/diagnostics.h"
#include "object/relocate.h"

namespace btfreloc::tool {
namespace {

Status check_has_relocations(const Input& input) {
  const object::Object* object = input.object();
  if (object == nullptr) {
    return fail(Errc::unsupported, "not a BPF object, so it has no relocations",
                {.file = input.path()}, "name the .o file that clang made");
  }
  if (object->parts().empty()) {
    return fail(Errc::not_found, "the object has no BTF, and so no CO-RE relocations",
                {.file = input.path()}, "compile with -g");
  }
  if (object->parts().size() == 1 && object->relocations().empty()) {
    return fail(Errc::not_found, "the object has no CO-RE relocations",
                {.file = input.path(), .section = ".BTF.ext", .offset = 0},
                "it loads as it is; relocations come from __attribute__((preserve_access_index)), "
                "which vmlinux.h and BPF_CORE_READ bring");
  }
  return {};
}

/// Where a relocation is, for a diagnostic.
Location place_of(const Relocating& relocating, const object::Relocation& relocation) {
  return {.file = relocating.input.path(),
          .section = std::string(relocation.section),
          .offset = relocation.record.insn_offset.value};
}

std::vector<std::string> source_note(const object::Object& object,
                                     const object::Relocation& relocation) {
  if (relocation.program == nullptr) return {};
  const auto source = object.source(*relocation.program, relocation.insn);
  if (!source) return {};
  return {fmt::format("{}:{}: {}", source->file, source->line, source->text)};
}

/// A change that mends a fatal relocation; "" where only a compiler could make it.
std::string help_for(core::Reason reason) {
  switch (reason) {
    case core::Reason::incoherent_layout:
    case core::Reason::ambiguous:
      return "tell the types apart: ask for a member that only the right one has, or read it "
             "through "
             "a name that only one of them has";
    case core::Reason::anonymous_root: return "give the struct or enum a name";
    case core::Reason::value_out_of_range:
      return "take the address of the field and read through it with bpf_core_read()";
    default: return {};
  }
}

}  // namespace

Result<Relocating> Relocating::open(const std::string& object, const std::string& kernel,
                                    core::Rules rules) {
  TRY(Input input, Input::open(object));
  return of(std::move(input), kernel, rules);
}

Result<Relocating> Relocating::of(Input input, const std::string& kernel, core::Rules rules) {
  TRY_OK(check_has_relocations(input));
  TRY(Kernel target, Kernel::open(kernel));
  TRY(auto decisions, decide(input, target, rules));
  return Relocating{std::move(input), std::move(target), std::move(decisions)};
}

Result<std::vector<core::Decision>> decide(const Input& input, const Kernel& kernel,
                                           core::Rules rules) {
  auto decisions = object::relocate(*input.object(), kernel.target(), rules);
  if (!decisions && decisions.error().where.file.empty()) {
    Error error = std::move(decisions).error();
    error.where.file = input.path();
    return std::unexpected(std::move(error));
  }
  return decisions;
}

Status check_ids_known(const Relocating& relocating) {
  for (const object::Relocation& relocation : relocating.object().relocations()) {
    const core::Decision& decision =
        *decision_of(relocating.object(), relocation, relocating.decisions);
    if (decision.outcome != core::Outcome::left_open) continue;
    const RelocationRecord record = describe(relocating.object(), relocation);
    return fail(Errc::unsupported,
                fmt::format("{} `{}` asks for the id that the type has in {}, and the kernel set "
                            "does not keep ids",
                            record.id, record.full_path, relocating.kernel.label()),
                place_of(relocating, relocation),
                "name the kernel's own BTF, or a set that was made with --keep-ids");
  }
  return {};
}

std::size_t print_findings(const Relocating& relocating) {
  const object::Object& object = relocating.object();
  std::size_t errors = 0;
  for (const object::Relocation& relocation : object.relocations()) {
    const core::Decision& decision = *decision_of(object, relocation, relocating.decisions);
    const bool is_fatal = decision.outcome == core::Outcome::fatal;
    const bool differs = decision.ruled_out_differs();
    if (!is_fatal && !decision.field_size_changed && !differs) continue;
    const RelocationRecord record = describe(object, relocation);
    Finding finding{.level = is_fatal ? Level::error : Level::warning,
                    .code = std::string(name(decision.reason)),
                    .message = {},
                    .where = place_of(relocating, relocation),
                    .notes = source_note(object, relocation),
                    .help = help_for(decision.reason)};
    if (is_fatal) {
      ++errors;
      finding.message = fmt::format("{} `{}`: {}", record.id, record.full_path,
                                    reason_text(*object.btf(), decision));
    } else if (differs) {
      finding.code = "same-name-differs";
      finding.message = fmt::format(
          "{} `{}`: another type of this name would give another value, and lacks "
          "something else that the object reads of it",
          record.id, record.full_path);
      finding.help =
          "`btfreloc explain` shows both; make sure that it is the right one that was taken";
    } else {
      finding.code = "field-size-changed";
      const core::Answer& answer = *decision.answer();
      finding.message = fmt::format(
          "{} `{}` has {} bytes there, and what gets its address accesses as many "
          "as it has in the object",
          record.id, record.full_path, answer.access.size.value);
      finding.help =
          "read it with the size it has there: bpf_core_field_size(), or a flavor of the "
          "struct whose field has that type";
    }
    print(finding);
  }
  return errors;
}

}  // namespace btfreloc::tool
