#include "object/relocate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace btfreloc::object {
namespace {

using core::Decision;
using core::Reason;

core::Site site_of(const Object& object, const Program& program, InsnIndex insn) {
  core::Site site{.first = object.insn(program, insn), .second = std::nullopt};
  if (insn::is_wide(site.first) && insn.value + 1 < program.insn_count()) {
    site.second = object.insn(program, InsnIndex{insn.value + 1});
  }
  return site;
}

/// True for the second slot of an LDIMM64. Its opcode is 0, which no instruction has.
bool is_second_half(const Object& object, const Program& program, InsnIndex insn) {
  return insn.value > 0 && object.insn(program, insn).opcode == 0 &&
         insn::is_wide(object.insn(program, InsnIndex{insn.value - 1}));
}

Decision fatal(std::string detail) {
  return {.outcome = core::Outcome::fatal,
          .reason = Reason::bad_relocation,
          .detail = std::move(detail)};
}

/// The decision of a relocation whose place decides it already; nullopt for all others.
std::optional<Decision> decide_by_place(const Object& object, std::size_t index) {
  const Relocation& relocation = object.relocations()[index];
  const std::uint64_t offset = relocation.record.insn_offset.value;
  if (offset % insn::kSlotSize.value != 0) {
    return fatal(fmt::format("byte {:#x} of its section is no instruction's first", offset));
  }
  if (relocation.program == nullptr) {
    const bool has_programs = std::ranges::any_of(
        object.programs(), [&](const Program& p) { return p.section == relocation.section; });
    if (!has_programs)
      return fatal("no program is in its section, so that libbpf refuses the object");
    return Decision{.outcome = core::Outcome::skipped, .reason = Reason::in_no_program};
  }
  if (is_second_half(object, *relocation.program, relocation.insn)) {
    return fatal("its instruction is the second half of a 64-bit immediate");
  }
  if (!object.btf()->has_string(relocation.record.access)) {
    return fatal("its access string is beyond the end of the strings");
  }
  if (object.btf()->string(relocation.record.access).size() >= btf::kMaxStringSize) {
    return fatal(fmt::format("its access string has {} bytes or more", btf::kMaxStringSize));
  }
  if (index > 0 && object.relocations()[index - 1].program == relocation.program &&
      object.relocations()[index - 1].insn == relocation.insn) {
    return fatal("its instruction has another relocation already");
  }
  return std::nullopt;
}

/// Programs in a section like "?kprobe/f" are not loaded unless somebody asks for them. What is
/// fatal in one is none of the object's business, as long as it cannot run.
void poison_if_optional(const Object& object, const Relocation& relocation, Decision& decision) {
  const Program* program = relocation.program;
  if (program == nullptr || program->type.autoload) return;
  if (decision.outcome != core::Outcome::fatal) return;
  decision.outcome = core::Outcome::poisoned;
  decision.before = site_of(object, *program, relocation.insn);
  decision.after = core::poison(decision.before);
}

/// What the program asks for, in the object's own types.
core::Request request_of(const Object& object, const Relocation& relocation) {
  return {.root = relocation.record.type,
          .access = object.btf()->string(relocation.record.access),
          .kind = relocation.record.kind,
          .site = site_of(object, *relocation.program, relocation.insn),
          .record = relocation.record.file_offset};
}

Status check_order(const Object& object, const core::Target& target) {
  if (object.order() == target.kernel.order()) return {};
  return fail(Errc::unsupported,
              fmt::format("the object is {}, and the kernel {}", order_name(object.order()),
                          order_name(target.kernel.order())),
              {}, "compile for the kernel's byte order: clang -target bpfel or -target bpfeb");
}

/// A decision and the index of its relocation.
using Placed = std::pair<std::size_t, Decision>;

/// Both in the order of the relocations.
std::vector<Decision> merge(std::vector<Decision> by_types, std::vector<Placed> by_place) {
  std::vector<Decision> all;
  all.reserve(by_types.size() + by_place.size());
  auto next = by_types.begin();
  for (auto& [index, decision] : by_place) {
    while (all.size() < index) all.push_back(std::move(*next++));
    all.push_back(std::move(decision));
  }
  std::move(next, by_types.end(), std::back_inserter(all));
  return all;
}

}  // namespace

Status check_one_btf(const Object& object) {
  if (object.parts().size() > 1) {
    return fail(Errc::unsupported, "several BTF blobs, whose relocations match no instruction",
                {.section = ".BTF", .offset = object.parts()[1].offset},
                "link with `bpftool gen object OUT.o A.o B.o`, which merges BTF");
  }
  return {};
}

Result<std::vector<Decision>> relocate(const Object& object, const core::Target& target,
                                       core::Rules rules) {
  const std::vector<Relocation>& relocations = object.relocations();
  TRY_OK(check_one_btf(object));
  TRY_OK(check_order(object, target));

  std::vector<core::Request> requests;
  requests.reserve(relocations.size());
  std::vector<Placed> decided_by_place;
  for (std::size_t i = 0; i < relocations.size(); ++i) {
    const Relocation& relocation = relocations[i];
    if (auto decided = decide_by_place(object, i)) {
      decided_by_place.emplace_back(i, *std::move(decided));
      continue;
    }
    requests.push_back(request_of(object, relocation));
  }
  if (requests.empty() && decided_by_place.empty()) return std::vector<Decision>();

  // What the kernel's types of the same name answer, whether they agree, and the instruction.
  TRY(auto decisions, core::resolve(*object.btf(), object.order(), requests, target, rules));
  if (!decided_by_place.empty()) {
    decisions = merge(std::move(decisions), std::move(decided_by_place));
  }
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    poison_if_optional(object, relocations[i], decisions[i]);
  }
  return decisions;
}

Result<Relocator> Relocator::of(const Object& object, core::Rules rules) {
  TRY_OK(check_one_btf(object));
  Relocator relocator(object);
  relocator.needs_ = needs_of(object);
  Needs& needs = relocator.needs_;
  // A type that is compared has all that others ask of it.
  std::erase_if(needs.types, [&](std::string_view name) {
    return std::ranges::binary_search(needs.compared_types, name);
  });
  std::unordered_map<std::string_view, std::size_t> group_of;
  for (const auto* names : {&needs.types, &needs.compared_types}) {
    for (const std::string_view name : *names) {
      group_of.emplace(name, relocator.groups_.size());
      relocator.groups_.push_back({.name = name, .relocations = {}});
    }
  }
  std::vector<std::vector<core::Request>> requests(relocator.groups_.size());
  for (std::size_t i = 0; i < object.relocations().size(); ++i) {
    const Relocation& relocation = object.relocations()[i];
    auto decided = decide_by_place(object, i);
    if (!decided) {
      const core::Request request = request_of(object, relocation);
      const std::string_view name = object.btf()->contains(request.root)
                                        ? object.btf()->name(request.root)
                                        : std::string_view();
      const auto group = group_of.find(name.substr(0, btf::essential_length(name)));
      if (group != group_of.end()) {
        relocator.groups_[group->second].relocations.push_back(i);
        requests[group->second].push_back(request);
        continue;
      }
      // A name that no kernel is asked for: the request means nothing.
      decided =
          core::PreparedRequests(*object.btf(), object.order(), {request}, rules).decided().front();
    }
    poison_if_optional(object, relocation, *decided);
    relocator.others_.push_back(i);
    relocator.decisions_of_others_.push_back(*std::move(decided));
  }
  for (auto& of_group : requests) {
    relocator.prepared_.emplace_back(*object.btf(), object.order(), std::move(of_group), rules);
  }
  return relocator;
}

Result<std::vector<Decision>> Relocator::decide(std::size_t group,
                                                const core::Target& target) const {
  TRY_OK(check_order(*object_, target));
  TRY(auto decisions, prepared_[group].resolve(target));
  const std::vector<std::size_t>& relocations = groups_[group].relocations;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    poison_if_optional(*object_, object_->relocations()[relocations[i]], decisions[i]);
  }
  return decisions;
}

std::vector<std::byte> rewrite(const Object& object, Bytes file,
                               std::span<const Decision> decisions, Relocations relocations) {
  std::vector<std::byte> bytes(file.begin(), file.end());
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Relocation& relocation = object.relocations()[i];
    const Decision& decision = decisions[i];
    if (relocation.program == nullptr || decision.after == decision.before) continue;
    std::byte* const slot = bytes.data() + (relocation.program->code.data() - file.data()) +
                            relocation.insn.value * insn::kSlotSize.value;
    insn::encode(decision.after.first, slot, object.order());
    if (decision.after.second) {
      insn::encode(*decision.after.second, slot + insn::kSlotSize.value, object.order());
    }
  }
  if (relocations == Relocations::applied && !object.relocations().empty()) {
    // core_relo_len, the last word of a .BTF.ext header that has relocations.
    constexpr std::size_t kCoreReloLength = 28;
    const elf::Section* ext = object.file().section(".BTF.ext");
    store(bytes.data() + (ext->bytes.data() - file.data()) + kCoreReloLength, std::uint32_t{0},
          object.order());
  }
  return bytes;
}

}  // namespace btfreloc::object
