#include "core/spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/members.h"

namespace btfreloc::core {
namespace {

using btf::Kind;

template <class... Args>
std::unexpected<Malformed> malformed(fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Malformed{fmt::format(format, std::forward<Args>(args)...)});
}

/// Numbers separated by ':'. Blanks and a '+' in front of a number are taken, as sscanf("%d")
/// in libbpf takes them.
std::expected<InlineVector<std::uint32_t, 5>, Malformed> parse_access(std::string_view text) {
  InlineVector<std::uint32_t, 5> access;
  if (text.empty() || text[0] == ':') return malformed("access string `{}` is empty", text);
  for (std::string_view rest = text; !rest.empty();) {
    if (rest[0] == ':') rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\v\f\r"), rest.size()));
    if (rest.starts_with('+') && !rest.starts_with("+-")) rest.remove_prefix(1);
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) {
      return malformed("access string `{}` has no number at byte {}", text,
                       rest.data() - text.data());
    }
    if (access.size() == kMaxAccessDepth) {
      return malformed("access string `{}` has more than {} numbers", text, kMaxAccessDepth);
    }
    access.push_back(static_cast<std::uint32_t>(number));
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  return access;
}

std::string_view kind_word(const btf::View& btf, TypeId id) {
  const auto kind = btf.kind(id);
  return kind ? btf::traits(*kind).name : "UNKNOWN";
}

/// Walks the components of a field's access string behind the first one.
class FieldWalk {
 public:
  FieldWalk(const btf::View& btf, Spec& spec, TypeId at) : btf_(btf), spec_(spec), at_(at) {}

  std::expected<void, Malformed> step(std::uint32_t index) {
    at_ = btf_.skip_modifiers_and_typedefs(at_);
    if (const auto members = members_of(btf_, at_)) return enter_member(*members, index);
    if (btf_.kind(at_) == Kind::kArray) {
      return enter_element(std::get<btf::Array>(btf_.decode(at_)), index);
    }
    return malformed("component {} of the access string goes into type [{}], a {}", depth_ + 1,
                     at_.value, kind_word(btf_, at_));
  }

 private:
  std::expected<void, Malformed> enter_member(const btf::Records<btf::Member>& members,
                                              std::uint32_t index) {
    if (index >= members.size()) {
      return malformed("member {} of [{}] `{}`, which has {}", index, at_.value, btf_.name(at_),
                       members.size());
    }
    const btf::Member member = members[index];
    if (member.name.value != 0) {
      if (btf_.string(member.name).empty()) {
        return malformed("member {} of [{}] has an empty name", index, at_.value);
      }
      spec_.path.push_back({.type = at_, .index = index, .name = member.name});
    }
    at_ = member.type;
    ++depth_;
    return advance(member.offset);
  }

  std::expected<void, Malformed> enter_element(const btf::Array& array, std::uint32_t index) {
    if (index >= array.nr_elems && !is_flexible(btf_, spec_, array)) {
      return malformed("element {} of an array of {}", index, array.nr_elems);
    }
    const TypeId element = btf_.skip_modifiers_and_typedefs(array.type);
    const auto size = btf::size_of(btf_, element, kPointerSize);
    if (!size) return malformed("an array of [{}], which has no size", element.value);
    spec_.path.push_back({.type = element, .index = index, .name = {}});
    at_ = element;
    ++depth_;
    return advance_elements(index, *size);
  }

  std::expected<void, Malformed> advance(Bits by) {
    spec_.offset = spec_.offset + by;
    if (spec_.offset.value > UINT32_MAX) return malformed("the field is beyond 512 MiB");
    return {};
  }

 public:
  /// Indices have 31 bits and sizes 32, so their product fits, and in bits it may not.
  std::expected<void, Malformed> advance_elements(std::uint32_t index, ByteCount size) {
    const std::uint64_t bytes = std::uint64_t{index} * size.value;
    return advance(ByteCount{std::min<std::uint64_t>(bytes, UINT32_MAX)});
  }

  /// The types of a BPF object are those of a 64-bit machine.
  static constexpr ByteCount kPointerSize{8};

 private:
  const btf::View& btf_;
  Spec& spec_;
  TypeId at_;
  std::size_t depth_ = 0;
};

std::expected<void, Malformed> parse_enumerator(const btf::View& btf, Spec& spec, TypeId type) {
  const auto kind = btf.kind(type);
  if (kind != Kind::kEnum && kind != Kind::kEnum64) {
    return malformed("an enumerator of [{}], a {}", type.value, kind_word(btf, type));
  }
  if (spec.access.size() != 1 || spec.access[0] >= btf.info(type).vlen) {
    return malformed("enumerator {} of [{}] `{}`, which has {}", fmt::join(spec.access, ":"),
                     type.value, btf.name(type), btf.info(type).vlen);
  }
  spec.enum_type = type;
  return {};
}

std::expected<void, Malformed> parse_field(const btf::View& btf, Spec& spec, TypeId type) {
  spec.path.push_back({.type = type, .index = spec.access[0], .name = {}});
  const auto size = btf::size_of(btf, type, FieldWalk::kPointerSize);
  if (!size) {
    return malformed("a field of [{}], a {} without a size", type.value, kind_word(btf, type));
  }
  FieldWalk walk(btf, spec, type);
  if (auto first = walk.advance_elements(spec.access[0], *size); !first) return first;
  for (std::size_t i = 1; i < spec.access.size(); ++i) {
    if (auto step = walk.step(spec.access[i]); !step) return step;
  }
  return {};
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

}  // namespace

std::expected<Spec, Malformed> parse_spec(const btf::View& btf, TypeId root,
                                          std::string_view access, ReloKind kind) {
  if (root.value == 0 || !btf.contains(root)) {
    return malformed("its root is type [{}], there are {}", root.value, btf.size());
  }
  auto numbers = parse_access(access);
  if (!numbers) return std::unexpected(std::move(numbers).error());
  Spec spec{.kind = kind,
            .root = root,
            .access = *std::move(numbers),
            .path = {},
            .offset = {},
            .enum_type = {}};
  if (is_type_based(kind)) {
    if (access != "0") return malformed("access string `{}` of a type, which must be `0`", access);
    return spec;
  }
  const TypeId type = btf.skip_modifiers_and_typedefs(root);
  auto parsed =
      is_enumval_based(kind) ? parse_enumerator(btf, spec, type) : parse_field(btf, spec, type);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return spec;
}

std::string access_path(const btf::View& btf, const Spec& spec) {
  if (is_enumval_based(spec.kind))
    return std::string(btf.string(enumerator_of(btf, spec.enum_type, spec.access[0]).name));
  std::string path;
  for (std::size_t i = 0; i < spec.path.size(); ++i) {
    if (path.size() > kMaxPathSize) return path += "...";
    const Accessor& step = spec.path[i];
    if (step.is_member()) {
      if (!path.empty()) path += '.';
      path += btf.string(step.name);
    } else if (i > 0 || step.index > 0) {
      path += fmt::format("[{}]", step.index);
    }
  }
  return path;
}

std::string format_spec(const btf::View& btf, const Spec& spec) {
  const std::string_view root_name = btf.name(spec.root);
  std::string text =
      fmt::format("<{}> [{}] {} {}", name(spec.kind), spec.root.value,
                  lower(kind_word(btf, spec.root)), root_name.empty() ? "<anon>" : root_name);
  if (is_type_based(spec.kind)) return text;
  if (is_enumval_based(spec.kind)) {
    const btf::Enumerator enumerator = enumerator_of(btf, spec.enum_type, spec.access[0]);
    text += fmt::format("::{} = ", btf.string(enumerator.name));
    return text += btf.info(spec.enum_type).kind_flag
                       ? fmt::format("{}", static_cast<std::int64_t>(enumerator.value))
                       : fmt::format("{}", enumerator.value);
  }
  for (std::size_t i = 0; i < spec.path.size(); ++i) {
    const Accessor& step = spec.path[i];
    if (step.is_member()) {
      text.append(".").append(btf.string(step.name));
    } else if (i > 0 || step.index > 0) {
      text += fmt::format("[{}]", step.index);
    }
  }
  text +=
      fmt::format(" ({} @ offset {}", fmt::join(spec.access, ":"), whole_bytes(spec.offset).value);
  if (spec.offset.value % 8 != 0) text += fmt::format(".{}", spec.offset.value % 8);
  return text += ")";
}

}  // namespace btfreloc::core
