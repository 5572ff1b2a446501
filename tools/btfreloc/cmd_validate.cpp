#include "btfreloc/cmd_validate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "btfreloc/diagnostics.h"
#include "btfreloc/json.h"
#include "btfreloc/validating.h"

namespace btfreloc::tool {
namespace {

struct ValidateCommand {
  std::string file;
  ValidateTarget target;
  bool json = false;
};

const std::map<std::string, btf::As> kAs = {
    {"kernel", btf::As::kernel}, {"module", btf::As::module}, {"program", btf::As::program}};

std::string_view name(btf::As as) {
  for (const auto& [text, value] : kAs) {
    if (value == as) return text;
  }
  return {};
}

Json finding_json(const ValidatedPart& part, const btf::Violation& violation) {
  const btf::RuleTraits& rule = btf::traits(violation.rule);
  return {{"code", rule.code},
          {"type_id", violation.type ? Json(violation.type->value) : Json(nullptr)},
          {"kind", string_or_null(violation.kind)},
          {"name", string_or_null(violation.name)},
          {"section", string_or_null(part.section)},
          {"offset", integer(violation.offset)},
          {"message", violation.message},
          {"since", rule.since.text()},
          {"until", violation.until ? Json(violation.until->text()) : Json(nullptr)},
          {"help", rule.help}};
}

void print_json(Output& out, const Validating& validating) {
  Json counts = Json::object();
  for (const ValidatedPart& part : validating.parts()) {
    for (const btf::RuleTraits& rule : btf::rules()) {
      const std::uint64_t count = part.found.counts[static_cast<std::size_t>(rule.rule)];
      if (count != 0) counts[std::string(rule.code)] = integer(count);
    }
  }
  out << fmt::format(
      "{{\"schema\":\"btfreloc.validate/1\",\n\"file\":{},\n\"for\":{},\n\"as\":{},\n\"valid\":{},"
      "\n\"counts\":{}",
      text_of(validating.path()), text_of(string_or_null(validating.kernel())),
      text_of(name(validating.as())), validating.valid(), text_of(counts));
  {
    JsonArray findings(out, "findings");
    for (const ValidatedPart& part : validating.parts()) {
      for (const btf::Violation& violation : part.found.violations) {
        findings.add(finding_json(part, violation));
      }
    }
  }
  out << "}\n";
}

std::string verdict(const std::string& kernel, std::uint64_t findings) {
  if (findings != 0) {
    return fmt::format("is not valid for {}: {} finding{}", kernel.empty() ? "any kernel" : kernel,
                       findings, findings == 1 ? "" : "s");
  }
  if (!kernel.empty()) return fmt::format("is valid for {}", kernel);
  return fmt::format("is valid by the rules that all kernels from {} on share",
                     btf::kOldestKernel.text());
}

void print_verdict(Output& out, const Validating& validating) {
  for (const ValidatedPart& part : validating.parts()) {
    out << fmt::format("{}: {} {}\n", printable(validating.path()),
                       part.section.empty() ? "BTF" : part.section,
                       printable(verdict(validating.kernel(), part.found.count())));
  }
}

Result<int> validate(const ValidateCommand& command, Output& out) {
  TRY(const Validating validating, Validating::open(command.file, command.target));
  if (command.json) {
    print_json(out, validating);
  } else {
    print_findings(validating);
    print_verdict(out, validating);
  }
  return validating.valid() ? kExitFine : kExitNo;
}

}  // namespace

Runner add_validate(CLI::App& command) {
  const auto options = std::make_shared<ValidateCommand>();
  command.add_option("FILE", options->file, "BPF object, raw BTF, or ELF file with .BTF")
      ->required();
  CLI::Option* const version =
      command
          .add_option("--for", options->target.version,
                      "a kernel release, like 5.10; without it and -k, only what no kernel takes "
                      "is a finding")
          ->type_name("VERSION");
  command
      .add_option("-k,--kernel", options->target.kernel,
                  fmt::format("the kernel, whose release, byte order and pointer size count: {}",
                              kKernelAddresses))
      ->type_name("KERNEL")
      ->excludes(version);
  command
      .add_option("--as", options->target.as,
                  "kernel, module or program: whose BTF it is; an object's is a program's, other "
                  "BTF a kernel's")
      ->transform(CLI::Transformer(kAs))
      ->type_name("WHOSE");
  command
      .add_option("-B,--base", options->target.base,
                  "what the BTF of a module continues: its kernel's")
      ->type_name("FILE");
  command.add_flag("--fail-fast", options->target.fail_fast, "stop at the first finding");
  command.add_flag("--json", options->json, "schema btfreloc.validate/1");
  command.footer(
      "Exit status: 0 valid, 1 not valid, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc validate prog.bpf.o                what no kernel would take\n"
      "  btfreloc validate prog.bpf.o --for 5.10\n"
      "  btfreloc validate types.btf --as program -k @running\n"
      "  btfreloc validate veth.btf --base vmlinux.btf --for 6.12 --json\n");
  return [options](Output& out) { return validate(*options, out); };
}

}  // namespace btfreloc::tool
