#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "btf/validate.h"
#include "btf/validate/raw_types.h"

namespace btfreloc::btf {

/// What the checks of validate() share: which kernel it is for, and where violations go.
class Checker {
 public:
  Checker(const ValidateOptions& options, Validation& found) : options_(options), found_(found) {}

  const ValidateOptions& options() const { return options_; }
  /// A program's BTF has no base.
  bool is_program() const { return options_.as == As::program && options_.base == nullptr; }

  /// True when the kernel is that new, or it is not known which kernel it is.
  bool at_least(KernelVersion version) const {
    return !options_.kernel || *options_.kernel >= version;
  }
  bool has(Feature feature) const { return at_least(since(feature)); }
  /// True when the kernel demands it; without a kernel, when all do.
  bool demands(Rule rule) const {
    return traits(rule).since <= options_.kernel.value_or(kOldestKernel);
  }
  /// In bytes; the smaller when it is not known, which makes the weaker demands.
  std::uint32_t pointer_size() const {
    return static_cast<std::uint32_t>(options_.pointer_size.value_or(ByteCount{4}).value);
  }

  /// True after the first violation when that is enough.
  bool stopped() const { return stopped_; }

  /// A violation at a byte of the blob. Nothing happens when the kernel does not demand it.
  template <class... Args>
  void report(Rule rule, std::uint64_t offset, fmt::format_string<Args...> message,
              Args&&... args) {
    if (Violation* violation = add(rule, offset)) {
      violation->message = fmt::format(message, std::forward<Args>(args)...);
    }
  }

  /// Where in a type a violation is.
  struct Place {
    const RawTypes& types;
    TypeId type;
    std::size_t byte;                         ///< From the start of the type.
    std::optional<KernelVersion> until = {};  ///< The first release that takes it.
  };
  template <class... Args>
  void report(Rule rule, const Place& place, fmt::format_string<Args...> message, Args&&... args) {
    Violation* const violation = add(rule, place.types.offset_of(place.type) + place.byte);
    if (violation == nullptr) return;
    violation->type = place.type;
    violation->kind = place.types.kind(place.type) == Kind::kVoid
                          ? std::string_view()
                          : traits(place.types.kind(place.type)).name;
    violation->name = std::string(place.types.name(place.type));
    violation->until = place.until;
    violation->message = fmt::format(message, std::forward<Args>(args)...);
  }

 private:
  /// Counts it; null when it is not kept.
  Violation* add(Rule rule, std::uint64_t offset) {
    if (!demands(rule) || stopped_) return nullptr;
    stopped_ = options_.fail_fast;
    std::uint64_t& count = found_.counts[static_cast<std::size_t>(rule)];
    if (++count > options_.most_per_rule) return nullptr;
    return &found_.violations.emplace_back(Violation{.rule = rule, .offset = offset});
  }

  const ValidateOptions& options_;
  Validation& found_;
  bool stopped_ = false;
};

/// What the header says, as a kernel reads it: fields that a short header cuts off are 0.
struct RawHeader {
  std::endian order = std::endian::native;
  std::uint32_t header_size = 0;  ///< In bytes.
  std::uint32_t types_offset = 0, types_size = 0;
  std::uint32_t strings_offset = 0, strings_size = 0;  ///< Offsets count from the header's end.
  std::uint32_t layout_offset = 0, layout_size = 0;
  bool has_layout_fields = false;  ///< The kernel knows them, and the header is that long.
  bool is_laid_out = true;         ///< The parts are where they can be told apart.
};

/// Checks the header and where the parts lie. nullopt when there is nothing to go on with.
std::optional<RawHeader> check_header(Checker& checker, Bytes blob);

/// Checks the strings. nullopt when it cannot be told which they are.
std::optional<Bytes> check_strings(Checker& checker, Bytes blob, const RawHeader& header);

/// Finds where types start, until one cannot be told from the next.
void walk_types(Checker& checker, Bytes blob, const RawHeader& header, RawTypes& types);

/// What a type may not be looked at further for.
using BrokenTypes = std::vector<bool>;

/// Checks every type by itself. The types whose references or sizes mean nothing are broken.
BrokenTypes check_types(Checker& checker, const RawTypes& types);

/// Checks a name that is there: of a DATASEC, a VAR, or anything else, which allow different
/// characters.
enum class NameOf : std::uint8_t { section, variable, other };
void check_name(Checker& checker, const Checker::Place& place, std::uint32_t offset, NameOf what);

/// Checks what is behind STRUCT, UNION, ENUM, ENUM64 and DATASEC. False: the type is broken.
bool check_members(Checker& checker, const RawTypes& types, TypeId id);
bool check_enumerators(Checker& checker, const RawTypes& types, TypeId id);
bool check_section_vars(Checker& checker, const RawTypes& types, TypeId id);

/// Checks what types mean together: loops, sizes, what may refer to what.
void check_references(Checker& checker, const RawTypes& types, BrokenTypes& broken);

/// Checks the order of type tags and other modifiers.
void check_tag_order(Checker& checker, const RawTypes& types, const BrokenTypes& broken);

/// Checks the fields of structs that mean something to the kernel: locks, lists, trees, kptrs.
void check_special_fields(Checker& checker, const RawTypes& types, const BrokenTypes& broken);

}  // namespace btfreloc::btf
