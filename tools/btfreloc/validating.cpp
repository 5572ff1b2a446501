#include "btfreloc/validating.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "btfreloc/diagnostics.h"
#include "object/object.h"
#include "object/validate_ext.h"

namespace btfreloc::tool {
namespace {

constexpr std::string_view kSysfs = "/sys/kernel/btf/";

/// "STRUCT [412] 'sk_buff'", as far as it is known.
std::string subject(const btf::Violation& violation) {
  if (!violation.type) return {};
  std::string text = fmt::format("{} [{}]", violation.kind, violation.type->value);
  if (!violation.name.empty()) text += fmt::format(" '{}'", violation.name);
  return text + ": ";
}

std::string note(const btf::Violation& violation) {
  const btf::RuleTraits& rule = btf::traits(violation.rule);
  if (violation.until) {
    return fmt::format("{}; kernels take it from {} on", rule.demand, violation.until->text());
  }
  return fmt::format("{}, since {}", rule.demand, rule.since.text());
}

Finding finding_of(const Validating& validating, const ValidatedPart& part,
                   const btf::Violation& violation) {
  const btf::RuleTraits& rule = btf::traits(violation.rule);
  return {.level = Level::error,
          .code = std::string(rule.code),
          .message = subject(violation) + violation.message,
          .where = {.file = validating.path(), .section = part.section, .offset = violation.offset},
          .notes = {note(violation)},
          .help = std::string(rule.help)};
}

/// What was counted and not kept.
void print_rest(const Validating& validating, const ValidatedPart& part) {
  for (const btf::RuleTraits& rule : btf::rules()) {
    const std::uint64_t all = part.found.counts[static_cast<std::size_t>(rule.rule)];
    const auto shown = static_cast<std::uint64_t>(
        std::ranges::count(part.found.violations, rule.rule, &btf::Violation::rule));
    if (all == shown) continue;
    print(Finding{.level = Level::error,
                  .code = std::string(rule.code),
                  .message = fmt::format("{} more", all - shown),
                  .where = {.file = validating.path(), .section = part.section, .offset = {}}});
  }
}

std::unexpected<Error> named(Error error, const std::string& path) {
  if (error.where.file.empty()) error.where.file = path;
  return std::unexpected(std::move(error));
}

}  // namespace

void print_findings(const Validating& validating) {
  for (const ValidatedPart& part : validating.parts()) {
    for (const btf::Violation& violation : part.found.violations) {
      print(finding_of(validating, part, violation));
    }
    print_rest(validating, part);
  }
}

bool Validating::valid() const {
  return std::ranges::all_of(parts_, [](const ValidatedPart& part) { return part.found.valid(); });
}

Status Validating::find_kernel(const ValidateTarget& target) {
  options_.fail_fast = target.fail_fast;
  if (!target.version.empty()) {
    options_.kernel = btf::parse_kernel_version(target.version);
    if (!options_.kernel) {
      return fail(Errc::not_found, fmt::format("`{}` is no kernel version", target.version), {},
                  "write it like 5.10");
    }
    // What a loader meets nearly everywhere; the byte order is that of the file.
    options_.pointer_size = ByteCount{8};
    kernel_ = fmt::format("Linux {}", options_.kernel->text());
  }
  if (target.kernel.empty()) return {};
  TRY(target_, Kernel::open(target.kernel));
  const Kernel& kernel = *target_;
  options_.kernel = btf::parse_kernel_version(kernel.release());
  if (!options_.kernel) options_.kernel = btf::parse_kernel_version(kernel.label());
  if (!options_.kernel) {
    return fail(Errc::not_found, fmt::format("the release of `{}` is not known", kernel.label()),
                {.file = target.kernel}, "name it with --for instead, like --for 5.10");
  }
  options_.kernel_types = &kernel.btf();
  options_.order = kernel.btf().order();
  options_.pointer_size = kernel.btf().pointer_size();
  kernel_ = fmt::format("Linux {} ({})", options_.kernel->text(), kernel.label());
  return {};
}

Status Validating::find_base(const ValidateTarget& target) {
  std::string path = target.base;
  if (path.empty() && path_.starts_with(kSysfs) && !path_.ends_with("/vmlinux")) {
    path = std::string(kSysfs) + "vmlinux";
  }
  if (path.empty()) return {};
  TRY(Input opened, Input::open(path));
  base_ = std::make_unique<Input>(std::move(opened));
  TRY(options_.base, base_->only_view());
  return {};
}

void Validating::check_blob(std::string section, Bytes blob) {
  parts_.push_back({std::move(section), btf::validate(blob, options_)});
}

/// Loaders change an object's BTF before the kernel sees it, which takes BTF that can be read.
void Validating::check_object(const elf::File& file, Bytes btf) {
  const auto view = btf::View::open(btf);
  if (!view) return check_blob(".BTF", btf);
  const object::LoaderBtf loaded = object::loader_btf(file, *view);
  options_.rewritten = loaded.rewritten;
  check_blob(".BTF", loaded.bytes);
  options_.rewritten = {};
  const elf::Section* const ext = file.section(".BTF.ext");
  if (ext == nullptr || (options_.fail_fast && !valid())) return;
  parts_.push_back({".BTF.ext", {}});
  object::validate_ext(ext->bytes, *view, file, options_, parts_.back().found);
}

Status Validating::check_elf(Bytes bytes, const ValidateTarget& target) {
  TRY(const elf::File file, elf::File::open(bytes));
  const elf::Section* const section = file.section(".BTF");
  if (section == nullptr) {
    return fail(Errc::not_found, "an ELF file without a .BTF section", {},
                "compile with -g, and kernels with CONFIG_DEBUG_INFO_BTF");
  }
  if (object::Object::is_bpf(file)) {
    options_.as = target.as.value_or(btf::As::program);
    check_object(file, section->bytes);
    return {};
  }
  const elf::Section* const distilled = file.section(".BTF.base");
  if (options_.base == nullptr && distilled != nullptr && !distilled->bytes.empty()) {
    TRY(own_base_, btf::View::open(distilled->bytes, nullptr, ".BTF.base"));
    options_.base = &*own_base_;
    if (!target.as) options_.as = btf::As::module;
  }
  check_blob(".BTF", section->bytes);
  return {};
}

Result<Validating> Validating::open(const std::string& path, const ValidateTarget& target) {
  auto file = FileBytes::open(path);
  const std::string name = path == "-" ? "<stdin>" : path;
  if (!file) return named(std::move(file).error(), name);
  return check(file->bytes(), name, target);
}

Result<Validating> Validating::check(Bytes bytes, const std::string& path,
                                     const ValidateTarget& target) {
  Validating validating;
  validating.path_ = path;
  TRY_OK(validating.find_kernel(target));
  TRY_OK(validating.find_base(target));
  const bool has_base = validating.options_.base != nullptr;
  validating.options_.as = target.as.value_or(has_base ? btf::As::module : btf::As::kernel);
  if (elf::is_elf(bytes)) {
    if (auto checked = validating.check_elf(bytes, target); !checked) {
      return named(std::move(checked).error(), path);
    }
  } else {
    validating.check_blob("", bytes);
  }
  if (validating.as() == btf::As::program && validating.options_.base != nullptr) {
    return named(Error{.code = Errc::unsupported,
                       .message = "BTF of a program continues no other",
                       .hint = "leave --base out"},
                 path);
  }
  if (validating.as() == btf::As::module && validating.options_.base == nullptr) {
    return named(Error{.code = Errc::not_found,
                       .message = "BTF of a module continues that of its kernel",
                       .hint = "name the kernel's with --base"},
                 path);
  }
  return validating;
}

}  // namespace btfreloc::tool
