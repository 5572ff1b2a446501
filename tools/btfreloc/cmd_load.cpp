#include "btfreloc/cmd_load.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "btfreloc/diagnostics.h"
#include "btfreloc/explanation.h"
#include "btfreloc/loaded_object.h"
#include "btfreloc/relocating.h"
#include "btfreloc/table.h"
#include "btfreloc/test_input.h"
#include "object/relocate.h"

namespace btfreloc::tool {
namespace {

struct LoadOptions {
  std::string object;
  std::string pin;       ///< Directory under a bpffs; "": unloaded when the command ends.
  bool pins = false;     ///< --pin was given.
  std::string test_run;  ///< File, or "hex:..."; "": none.
  std::uint32_t repeat = 1;
};

/// Poisoned instructions call a function that does not exist. Here each calls another one, so that
/// the verifier's complaint tells which relocation it met, wherever libbpf put its instruction.
std::vector<core::Decision> with_numbered_poison(std::vector<core::Decision> decisions) {
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    core::Decision& decision = decisions[i];
    if (decision.outcome != core::Outcome::poisoned) continue;
    decision.after.first.imm = core::kPoisonImmediate + static_cast<std::int32_t>(i);
    if (decision.after.second) decision.after.second->imm = decision.after.first.imm;
  }
  return decisions;
}

bool is_trampoline_type(const object::Program& program) {
  return program.type.type == "tracing" || program.type.type == "lsm" ||
         program.type.type == "struct_ops" || program.type.type == "ext";
}

/// The relocation whose poison the verifier met; null when it was something else.
const object::Relocation* poison_met(const Relocating& relocating, const Rejection& rejection) {
  if (!rejection.unknown_function) return nullptr;
  const auto number = std::int64_t{*rejection.unknown_function} - core::kPoisonImmediate;
  if (number < 0 || static_cast<std::size_t>(number) >= relocating.decisions.size()) return nullptr;
  return &relocating.object().relocations()[static_cast<std::size_t>(number)];
}

const object::Program* program_named(const object::Object& object, std::string_view name) {
  const auto found = std::ranges::find(object.programs(), name, &object::Program::name);
  return found == object.programs().end() ? nullptr : &*found;
}

void print_poison(Output& out, const Relocating& relocating, const LoadFailure& failure,
                  const object::Relocation& met) {
  const object::Object& object = relocating.object();
  const core::Decision& decision = *decision_of(object, met, relocating.decisions);
  Finding finding{
      .level = Level::error,
      .code = std::string(name(decision.reason)),
      .message = fmt::format("`{}` gets to {}: {}", failure.program, describe(object, met).id,
                             reason_text(*object.btf(), decision)),
      .where = {.file = relocating.input.path(),
                .section = std::string(met.section),
                .offset = met.record.insn_offset.value},
      .notes = {},
      .help =
          "ask first whether it is there (bpf_core_field_exists() and its like), or use a "
          "flavor of the type that has what this kernel has"};
  if (const auto source = object.source(*met.program, met.insn)) {
    finding.notes.push_back(fmt::format("{}:{}: {}", source->file, source->line, source->text));
  }
  print(finding);
  Nearby nearby;
  print_explanation(out, relocating, met, nearby);
}

void print_rejection(const Input& input, const LoadFailure& failure, const Rejection& rejection) {
  const object::Program* program = program_named(*input.object(), failure.program);
  Finding finding{
      .level = Level::error,
      .code = "verifier",
      .message = fmt::format("the kernel refuses `{}`: {}", failure.program, rejection.reason),
      .where = {.file = input.path(), .section = {}, .offset = {}},
      .notes = {},
      .help = {}};
  if (program != nullptr) finding.where.section = program->section;
  if (program != nullptr && rejection.insn && *rejection.insn < program->insn_count()) {
    finding.where.offset =
        program->section_offset.value + std::uint64_t{*rejection.insn} * insn::kSlotSize.value;
    if (const auto source = input.object()->source(*program, InsnIndex{*rejection.insn})) {
      finding.notes.push_back(fmt::format("{}:{}: {}", source->file, source->line, source->text));
    }
  } else if (!rejection.source.empty()) {
    finding.notes.push_back(rejection.source);
  }
  for (const std::string& line : rejection.tail) finding.notes.push_back("log: " + line);
  print(finding);
}

void print_refusal_without_log(const Input& input, const LoadFailure& failure) {
  const object::Program* program = program_named(*input.object(), failure.program);
  Finding finding{
      .level = Level::error,
      .code = "load",
      .message = fmt::format("the kernel refuses {}: {}",
                             failure.program.empty() ? std::string("the object")
                                                     : fmt::format("`{}`", failure.program),
                             std::strerror(failure.os_errno)),
      .where = {.file = input.path(), .section = {}, .offset = {}},
      .notes = failure.messages,
      .help = {}};
  if (program != nullptr) finding.where.section = program->section;
  if (failure.os_errno == EPERM && program != nullptr && is_trampoline_type(*program)) {
    finding.code = "no-trampolines";
    finding.message =
        fmt::format("this kernel refuses trampolines, which `{}` attaches with", failure.program);
    finding.help =
        "use a kprobe, a raw tracepoint or tp_btf instead, or a kernel that allows "
        "fentry, fexit, lsm and struct_ops programs";
  } else if (failure.os_errno == EPERM) {
    finding.help = "load as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";
  }
  print(finding);
}

void print_programs(Output& out, const LoadedObject& loaded) {
  Table table({false, false, true, true, true, false, true});
  table.add({"program", "type", "id", "insns verified", "states", "stack", "time"});
  for (const LoadedProgram& program : loaded.programs()) {
    const VerifierStats& stats = program.stats;
    table.add({printable(program.name), program.type, fmt::format("{}", program.id),
               fmt::format("{}", stats.processed), fmt::format("{}", stats.total_states),
               stats.stack, fmt::format("{} us", stats.microseconds)});
  }
  table.print(out);
}

Status run_tests(Output& out, const LoadedObject& loaded, Bytes data, std::uint32_t repeat) {
  out << "\n";
  for (const LoadedProgram& program : loaded.programs()) {
    TRY(const TestRun run, LoadedObject::test_run(program, data, repeat));
    out << fmt::format("{} returned {}", printable(program.name), run.return_value);
    if (run.nanoseconds != 0) out << fmt::format(", {} ns a run", run.nanoseconds);
    if (!run.data_out.empty()) {
      constexpr std::size_t kMostShown = 64;
      out << fmt::format(", {} bytes out: ", run.data_out.size());
      for (std::size_t i = 0; i < run.data_out.size() && i < kMostShown; ++i) {
        out << fmt::format("{:02x}", std::to_integer<unsigned>(run.data_out[i]));
      }
      if (run.data_out.size() > kMostShown) out << "...";
    }
    out << "\n";
  }
  return {};
}

/// The bytes to load, and the decisions behind them when there are relocations.
struct Prepared {
  std::optional<Relocating> relocating;
  std::optional<Input> plain;
  std::vector<std::byte> bytes;

  const Input& input() const { return relocating ? relocating->input : *plain; }
};

/// Relocates for the running kernel. An object without relocations is loaded as it is.
Result<Prepared> prepare(const std::string& path) {
  TRY(Input input, Input::open(path));
  Prepared prepared;
  const object::Object* object = input.object();
  if (object != nullptr && object->parts().size() < 2 && object->relocations().empty()) {
    prepared.bytes.assign(input.bytes().begin(), input.bytes().end());
    prepared.plain = std::move(input);
    return prepared;
  }
  TRY(prepared.relocating, Relocating::of(std::move(input), "@running"));
  const Relocating& relocating = *prepared.relocating;
  prepared.bytes =
      object::rewrite(relocating.object(), relocating.input.bytes(),
                      with_numbered_poison(relocating.decisions), object::Relocations::applied);
  return prepared;
}

Status check_options(const LoadOptions& options) {
  if (!options.pins || !options.pin.empty()) return {};
  return fail(Errc::not_found, "--pin names no directory", {},
              "name one under a mounted bpffs, such as /sys/fs/bpf/NAME");
}

Result<int> load(const LoadOptions& options, Output& out) {
  TRY_OK(check_options(options));
  std::vector<std::byte> test_input;
  if (!options.test_run.empty()) {
    TRY(test_input, read_test_input(options.test_run));
  }
  TRY(const Prepared prepared, prepare(options.object));
  if (prepared.relocating && print_findings(*prepared.relocating) != 0) return kExitNo;
  const std::string name = std::filesystem::path(options.object).stem().stem().string();
  const auto result = LoadedObject::load(prepared.bytes, name);
  if (const auto* failure = std::get_if<LoadFailure>(&result)) {
    const Rejection rejection = parse_rejection(failure->log);
    if (rejection.reason.empty()) {
      print_refusal_without_log(prepared.input(), *failure);
    } else if (const auto* met =
                   prepared.relocating ? poison_met(*prepared.relocating, rejection) : nullptr) {
      print_poison(out, *prepared.relocating, *failure, *met);
    } else {
      print_rejection(prepared.input(), *failure, rejection);
    }
    return kExitNo;
  }
  const auto& loaded = std::get<LoadedObject>(result);
  print_programs(out, loaded);
  if (!options.test_run.empty()) TRY_OK(run_tests(out, loaded, test_input, options.repeat));
  if (!options.pin.empty()) {
    TRY_OK(loaded.pin(options.pin));
    out << fmt::format("\npinned in {}: programs {}, maps {}\n", printable(options.pin),
                       loaded.programs().size(), loaded.map_count());
  }
  return kExitFine;
}

}  // namespace

Runner add_load(CLI::App& command) {
  const auto options = std::make_shared<LoadOptions>();
  command.add_option("OBJECT", options->object, "BPF object")->required();
  command
      .add_option("--pin", options->pin,
                  "keep maps and programs by pinning them there; without it they are unloaded when "
                  "the command ends")
      ->type_name("DIR");
  command
      .add_option("--test-run", options->test_run,
                  "run each program once on these bytes: a packet, or the context of programs "
                  "without packets")
      ->type_name("FILE|hex:...");
  command.add_option("--repeat", options->repeat, "run each so often, and print the mean time")
      ->check(CLI::Range(1U, 1'000'000U))
      ->type_name("N");
  command.footer(
      "Exit status: 0 loaded, 1 the kernel or a relocation says no, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc load prog.bpf.o                    would it load here?\n"
      "  btfreloc load prog.bpf.o --pin /sys/fs/bpf/prog\n"
      "  btfreloc load xdp.bpf.o --test-run packet.bin --repeat 1000\n");
  const CLI::Option* const pin = command.get_option("--pin");
  return [options, pin](Output& out) {
    options->pins = pin->count() > 0;
    return load(*options, out);
  };
}

}  // namespace btfreloc::tool
