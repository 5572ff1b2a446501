#include "btf/features.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace btfreloc::btf {

std::string KernelVersion::text() const { return fmt::format("{}.{}", major, minor); }

std::optional<KernelVersion> parse_kernel_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  KernelVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc{}) return std::nullopt;
  // "6.12" may be followed by ".3", "-rc1" or "+deb13", but "6.12abc" is something else.
  if (minor.ptr != end && std::string_view(".-+").find(*minor.ptr) == std::string_view::npos) {
    return std::nullopt;
  }
  return version;
}

// Linux, kernel/bpf/btf.c, by release.
KernelVersion since(Feature feature) {
  switch (feature) {
    case Feature::btf: return {4, 18};
    case Feature::func:
    case Feature::kind_flag: return {5, 0};
    case Feature::wide_int: return {5, 1};
    case Feature::var_and_datasec: return {5, 2};
    case Feature::enum_sizes: return {5, 5};
    case Feature::global_func: return {5, 6};
    case Feature::split: return {5, 11};
    case Feature::empty_datasec: return {5, 12};
    case Feature::floating: return {5, 13};
    case Feature::decl_tag: return {5, 16};
    case Feature::type_tag: return {5, 17};
    case Feature::enum64: return {6, 0};
    case Feature::long_names: return {6, 1};
    case Feature::dotted_names: return {6, 4};
    case Feature::datasec_names: return {6, 9};
    case Feature::distilled_base: return {6, 11};
    case Feature::tag_attributes: return {6, 15};
    case Feature::layout:
    case Feature::long_vlen: return {7, 1};
  }
  std::unreachable();
}

std::string_view description(Feature feature) {
  switch (feature) {
    case Feature::btf: return "BTF";
    case Feature::func: return "FUNC and FUNC_PROTO";
    case Feature::kind_flag: return "kind_flag";
    case Feature::wide_int: return "INT of more than 64 bits";
    case Feature::var_and_datasec: return "VAR and DATASEC";
    case Feature::enum_sizes: return "ENUM of other than 4 bytes";
    case Feature::global_func: return "FUNC that is not static";
    case Feature::split: return "split BTF";
    case Feature::empty_datasec: return "DATASEC without variables";
    case Feature::floating: return "FLOAT";
    case Feature::decl_tag: return "DECL_TAG";
    case Feature::type_tag: return "TYPE_TAG";
    case Feature::enum64: return "ENUM64 and signed ENUM";
    case Feature::long_names: return "names of 128 bytes and more";
    case Feature::dotted_names: return "dots in names";
    case Feature::datasec_names: return "any printable name of a DATASEC";
    case Feature::distilled_base: return ".BTF.base";
    case Feature::tag_attributes: return "tags for any attribute";
    case Feature::layout: return "the layout section";
    case Feature::long_vlen: return "vlen of more than 16 bits";
  }
  std::unreachable();
}

}  // namespace btfreloc::btf
