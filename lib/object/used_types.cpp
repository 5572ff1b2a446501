#include "object/used_types.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <unordered_set>
#include <utility>

#include "btf/c_text.h"
#include "core/members.h"
#include "object/kernel_names.h"
#include "object/kernel_uses.h"
#include "object/own_types.h"
#include "object/relocate.h"
#include "object/source_words.h"
#include "object/used_constants.h"

namespace btfreloc::object {
namespace {

using btf::Kind;
using core::Decision;

/// What bpf_helpers.h, bpf_helper_defs.h, bpf_tracing.h, bpf_core_read.h and usdt.bpf.h take for
/// granted, and what nearly every program is written with.
/// Source: those headers of libbpf 1.1 to 1.6.
constexpr auto kBaseTypedefs = std::to_array<std::string_view>(
    {"__s8",   "__u8",   "__s16",  "__u16",   "__s32",  "__u32", "__s64",  "__u64",
     "s8",     "u8",     "s16",    "u16",     "s32",    "u32",   "s64",    "u64",
     "__be16", "__be32", "__be64", "__sum16", "__wsum", "bool",  "size_t", "pid_t"});
constexpr std::array<std::string_view, 2> kBaseEnumerators = {"false", "true"};

/// The registers that PT_REGS_PARM1() and its like of bpf_tracing.h go through.
constexpr std::array<std::string_view, 2> kRegisters = {"pt_regs", "user_pt_regs"};

class UsedTypesFinder {
 public:
  UsedTypesFinder(const Object& object, const core::Target& target, const SourceWords& words)
      : object_(object),
        local_(*object.btf()),
        kernel_(target.kernel),
        words_(words),
        names_(*object.btf(), target.kernel),
        uses_(words) {}

  UsedTypes run(std::span<const Decision> decisions) {
    // What the program asks of the kernel's types.
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      add_relocation(object_.relocations()[i], decisions[i]);
    }
    // What its own declarations consist of.
    OwnTypes(object_, names_, uses_).add_all();
    // What its text names.
    add_words();
    // What neither tells: arguments of programs, constants, what libbpf's headers are written with.
    for (const Program& program : object_.programs()) add_arguments(program);
    add_constants();
    for (const std::string_view name : kBaseTypedefs) add_typedef(name);
    return {.types = uses_.close(), .missing = std::move(missing_)};
  }

 private:
  void add_relocation(const Relocation& relocation, const Decision& decision) {
    if (!decision.local) return;  // means nothing on any kernel
    const core::Spec& local = *decision.local;
    const std::string_view name = local_.name(local.root);
    if (btf::essential_length(name) != name.size()) return;  // a flavor is the program's own
    if (local.kind == core::ReloKind::type_id_local) {
      if (const auto kernel = names_.find_declared(local.root)) {
        uses_.add(kernel_, *kernel, Portion::named);
      }
      return;
    }
    const auto kind = local_.kind(local.root);
    const bool is_own = kind && btf::is_enum(*kind) && !names_.find_declared(local.root) &&
                        names_.find(name, kinds_of("enum"));
    if (is_own) return;  // flavors are among its enumerators
    for (const core::CandidateVerdict& verdict : decision.considered) {
      if (const auto* answer = std::get_if<core::Answer>(&verdict.result)) {
        return add_answer(*verdict.candidate.btf, answer->spec);
      }
    }
    if (decision.considered.empty()) return add_missing(relocation, type_name(local.root), true);
    add_refused(relocation, local, decision.considered[0]);
  }

  /// What the first type of that name does not have.
  void add_refused(const Relocation& relocation, const core::Spec& local,
                   const core::CandidateVerdict& verdict) {
    const btf::View& btf = *verdict.candidate.btf;
    uses_.add(btf, verdict.candidate.type, Portion::named);
    const auto* refusal = std::get_if<core::Refusal>(&verdict.result);
    if (refusal == nullptr || core::is_type_based(local.kind)) return;
    if (refusal->why == core::Mismatch::member_type) {
      // It is there, of another type, which the source may well be content with.
      return add_path(btf, verdict.candidate.type, local, refusal->step);
    }
    const std::string_view dot = core::is_enumval_based(local.kind) ? ": " : ".";
    add_missing(relocation,
                fmt::format("{}{}{}", type_name(local.root), dot, core::access_path(local_, local)),
                false);
  }

  /// The members that are on the path up to a step.
  void add_path(const btf::View& btf, TypeId root, const core::Spec& local, std::size_t last) {
    TypeId at = root;
    for (std::size_t i = 0; i <= last && i < local.path.size(); ++i) {
      at = btf.skip_modifiers_and_typedefs(at);
      std::optional<TypeId> next;
      if (local.path[i].is_member()) {
        std::size_t seen = 0;
        next = add_member(btf, at, local_.string(local.path[i].name), seen);
      } else if (btf.kind(at) == Kind::kArray) {
        next = std::get<btf::Array>(btf.decode(at)).type;
      }
      if (!next) return;
      at = *next;
    }
  }

  /// Adds the member of that name, and the anonymous ones that it lies in; its type.
  std::optional<TypeId> add_member(const btf::View& btf, TypeId record, std::string_view name,
                                   std::size_t& seen, int depth = 0) {
    constexpr std::size_t kMostSeen = 4096;
    constexpr int kMaxDepth = 32;
    const auto members = core::members_of(btf, record);
    if (!members || depth > kMaxDepth) return std::nullopt;
    for (std::uint32_t i = 0; i < members->size() && ++seen < kMostSeen; ++i) {
      const btf::Member member = (*members)[i];
      const std::string_view found = btf.string(member.name);
      std::optional<TypeId> type;
      if (found.empty()) {
        type = add_member(btf, btf.skip_modifiers(member.type), name, seen, depth + 1);
      } else if (found == name) {
        type = member.type;
      }
      if (!type) continue;
      uses_.add_record(btf, record, i);
      return type;
    }
    return std::nullopt;
  }

  std::string type_name(TypeId root) const { return btf::title(local_, root); }

  void add_missing(const Relocation& relocation, std::string name, bool is_type) {
    if (!named_missing_.insert(name).second) return;
    MissingType missing{.name = std::move(name), .is_type = is_type};
    if (relocation.program != nullptr) {
      missing.place = object_.source(*relocation.program, relocation.insn);
    }
    missing_.push_back(std::move(missing));
  }

  /// The type, and the members that the numbers of an access go through, or the enumerator.
  void add_answer(const btf::View& btf, const core::Spec& spec) {
    uses_.add(btf, spec.root, Portion::named);
    if (core::is_enumval_based(spec.kind)) {
      uses_.add_record(btf, spec.enum_type, spec.access[0]);
      return;
    }
    TypeId at = btf.skip_modifiers_and_typedefs(spec.root);
    for (std::size_t i = 1; i < spec.access.size(); ++i) {
      if (const auto members = core::members_of(btf, at)) {
        uses_.add_record(btf, at, spec.access[i]);
        at = (*members)[spec.access[i]].type;
      } else {
        at = std::get<btf::Array>(btf.decode(at)).type;
      }
      at = btf.skip_modifiers_and_typedefs(at);
    }
  }

  /// Tags may be of types that the program only points to; other words are typedefs, when the
  /// program has nothing of that name itself, and enumerators.
  void add_words() {
    for (const auto& [name, tag] : words_.tags()) {
      const auto kernel = names_.find(name, kinds_of(tag.keyword));
      if (!kernel || is_own(name)) continue;
      if (tag.is_pointed_to_only && tag.keyword != "enum") {
        uses_.declare(kernel_, *kernel);
      } else {
        uses_.add(kernel_, *kernel, Portion::named);
      }
    }
    const std::unordered_set<std::string_view> own = own_symbols();
    for (const std::string_view name : words_.names()) {
      if (!own.contains(name)) add_typedef(name);
    }
    std::unordered_set<std::string_view> enumerators = words_.names();
    for (const std::string_view name : own) enumerators.erase(name);
    for (const std::string_view name : own_enumerators()) enumerators.erase(name);
    add_enumerators(std::move(enumerators));
  }

  /// True when the program has a struct, union or enum of that name and the kernel has another.
  bool is_own(std::string_view name) const {
    bool has_one = false;
    for (const TypeId id : local_.named(name)) {
      const auto kind = local_.kind(id);
      if (!kind || !(btf::is_composite(*kind) || btf::is_enum(*kind))) continue;
      if (names_.find_declared(id)) return false;
      has_one = true;
    }
    return has_one;
  }

  std::unordered_set<std::string_view> own_symbols() const {
    std::unordered_set<std::string_view> names;
    for (TypeId id{1}; id.value < local_.size(); ++id.value) {
      const auto kind = local_.kind(id);
      if (kind == Kind::kVar || kind == Kind::kFunc) names.insert(local_.name(id));
    }
    return names;
  }

  /// Of enums that have a name, and are not the kernel's.
  std::unordered_set<std::string_view> own_enumerators() const {
    std::unordered_set<std::string_view> names;
    for (TypeId id{1}; id.value < local_.size(); ++id.value) {
      const auto kind = local_.kind(id);
      if (!kind || !btf::is_enum(*kind) || local_.name_offset(id).value == 0) continue;
      if (names_.find_declared(id)) continue;
      for (std::uint32_t i = 0; i < local_.info(id).vlen; ++i) {
        const std::string_view name = local_.string(core::enumerator_of(local_, id, i).name);
        names.insert(name.substr(0, btf::essential_length(name)));
      }
    }
    return names;
  }

  /// Each from the enum that is used already, or the first that has it.
  void add_enumerators(std::unordered_set<std::string_view> wanted) {
    for (const bool among_used : {true, false}) {
      for (TypeId id{1}; id.value < kernel_.size() && !wanted.empty(); ++id.value) {
        const auto kind = kernel_.kind(id);
        if (!kind || !btf::is_enum(*kind)) continue;
        if (among_used && !uses_.has(kernel_, id)) continue;
        for (std::uint32_t i = 0; i < kernel_.info(id).vlen; ++i) {
          const std::string_view name = kernel_.string(core::enumerator_of(kernel_, id, i).name);
          if (wanted.erase(name) != 0) uses_.add_record(kernel_, id, i);
        }
      }
    }
  }

  void add_typedef(std::string_view name) {
    if (const auto id = names_.find(name, kinds_of("typedef"))) {
      uses_.add(kernel_, *id, Portion::named);
    }
  }

  /// What BPF_PROG, BPF_KPROBE and their like name: the parameters of the function, or tracepoint,
  /// that a program attaches to. Behind pointers, names are enough.
  void add_arguments(const Program& program) {
    if (program.type.type == "kprobe" || program.type.type == "perf_event") {
      for (const std::string_view name : kRegisters) {
        const auto id = names_.find(name, {Kind::kStruct});
        if (id) uses_.add(kernel_, *id, Portion::whole);
      }
    }
    const std::string_view attach = program.type.attach;
    if (attach.empty()) return;
    auto function = names_.find(attach, {Kind::kFunc});
    if (program.type.type == "lsm") {
      function = names_.find(fmt::format("bpf_lsm_{}", attach), {Kind::kFunc});
    }
    if (!function) function = names_.find(fmt::format("btf_trace_{}", attach), {Kind::kTypedef});
    if (function) add_parameters(*function);
  }

  void add_parameters(TypeId function) {
    TypeId at = kernel_.skip_modifiers_and_typedefs(function);
    const auto kind = kernel_.kind(at);
    if (kind == Kind::kFunc || kind == Kind::kPtr) at = TypeId{kernel_.third_word(at)};
    if (kernel_.kind(at) != Kind::kFuncProto) return;
    const auto prototype = std::get<btf::FuncProto>(kernel_.decode(at));
    for (const btf::Param param : prototype.params) {
      const TypeId type = kernel_.skip_modifiers(param.type);
      if (kernel_.kind(type) != Kind::kPtr) {
        uses_.add(kernel_, type, Portion::contained);
        continue;
      }
      const TypeId pointee = kernel_.skip_modifiers(TypeId{kernel_.third_word(type)});
      const auto pointee_kind = kernel_.kind(pointee);
      if (pointee_kind && btf::is_composite(*pointee_kind) &&
          kernel_.name_offset(pointee).value != 0) {
        uses_.declare(kernel_, pointee);
      }
    }
  }

  void add_constants() {
    const UsedConstants used = used_constants(object_);
    for (const std::string_view name : used.enums) {
      if (const auto id = names_.find(name, kinds_of("enum"))) {
        uses_.add(kernel_, *id, Portion::named);
      }
    }
    std::unordered_set<std::string_view> names(used.names.begin(), used.names.end());
    names.insert(kBaseEnumerators.begin(), kBaseEnumerators.end());
    add_enumerators(std::move(names));
    if (!used.map_types.empty()) add_map_types(used.map_types);
    if (used.map_flags != 0) add_map_flags(used.map_flags);
  }

  void add_map_types(const std::set<std::uint32_t>& values) {
    const auto id = names_.find("bpf_map_type", kinds_of("enum"));
    if (!id) return;
    for (std::uint32_t i = 0; i < kernel_.info(*id).vlen; ++i) {
      const std::uint64_t value = core::enumerator_of(kernel_, *id, i).value;
      if (value <= UINT32_MAX && values.contains(static_cast<std::uint32_t>(value))) {
        uses_.add_record(kernel_, *id, i);
      }
    }
  }

  /// Those bits of the flags that have a name beside BPF_F_NO_PREALLOC, in an anonymous enum.
  void add_map_flags(std::uint32_t flags) {
    for (TypeId id{1}; id.value < kernel_.size(); ++id.value) {
      const auto kind = kernel_.kind(id);
      const std::uint32_t count = kernel_.info(id).vlen;
      if (!kind || !btf::is_enum(*kind) || count == 0) continue;
      const std::string_view first = kernel_.string(core::enumerator_of(kernel_, id, 0).name);
      if (first != "BPF_F_NO_PREALLOC") continue;
      for (std::uint32_t i = 0; i < count; ++i) {
        if ((core::enumerator_of(kernel_, id, i).value & flags) != 0) {
          uses_.add_record(kernel_, id, i);
        }
      }
      return;
    }
  }

  const Object& object_;
  const btf::View& local_;
  const btf::View& kernel_;
  const SourceWords& words_;
  KernelNames names_;
  KernelUses uses_;
  std::vector<MissingType> missing_;
  std::unordered_set<std::string> named_missing_;
};

/// The source lines of all instructions. Strings may share their bytes: no more is read than there
/// is text.
void add_lines(const Object& object, SourceWords& words) {
  std::size_t budget = object.btf()->strings().size();
  std::unordered_set<std::uint32_t> seen;
  for (const Program& program : object.programs()) {
    for (const btf::LineInfo& line : object.lines_of(program)) {
      if (!seen.insert(line.text.value).second) continue;
      const std::string_view text = object.source_line(line).text;
      if (text.size() > budget) return;
      budget -= text.size();
      words.add(text);
    }
  }
}

}  // namespace

Result<UsedTypes> used_types(const Object& object, const core::Target& target,
                             std::span<const std::string_view> sources) {
  if (object.parts().empty()) {
    return fail(Errc::not_found, "the object has no BTF, so it does not say what it uses", {},
                "compile it with -g");
  }
  TRY(const std::vector<Decision> decisions, relocate(object, target));
  SourceWords words;
  add_lines(object, words);
  for (const std::string_view source : sources) words.add(source);
  return UsedTypesFinder(object, target, words).run(decisions);
}

}  // namespace btfreloc::object
