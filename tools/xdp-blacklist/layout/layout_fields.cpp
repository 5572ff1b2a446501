#include "xdp-blacklist/layout/layout_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <variant>

#include "base/printable.h"
#include "btf/c_text.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Bits;
using btfreloc::Errc;
using btfreloc::Result;
using btfreloc::Status;
using btfreloc::TypeId;
using btfreloc::btf::Kind;
using btfreloc::btf::Member;
using btfreloc::btf::Records;
using btfreloc::btf::View;

/// Names that an anonymous union is told by, and letters of each.
constexpr std::uint32_t kUnionNames = 8;
constexpr std::size_t kUnionNameLetters = 128;

Records<Member> members_of(const View& btf, TypeId id) {
  const btfreloc::btf::Type type = btf.decode(id);
  if (const auto* s = std::get_if<btfreloc::btf::Struct>(&type)) return s->members;
  if (const auto* u = std::get_if<btfreloc::btf::Union>(&type)) return u->members;
  return {};
}

std::string title_of(const View& btf, TypeId id) {
  return btfreloc::printable(btfreloc::btf::title(btf, id));
}

std::string anonymous_union_name(const View& btf, TypeId id) {
  const Records<Member> members = members_of(btf, id);
  std::string names;
  for (std::uint32_t i = 0; i < std::min(members.size(), kUnionNames); ++i) {
    const std::string_view name = btf.string(members[i].name).substr(0, kUnionNameLetters);
    names += fmt::format("{}{}", i == 0 ? "" : ", ", name.empty() ? "..." : name);
  }
  return fmt::format("(union of {})", names);
}

class Collector {
 public:
  Collector(const View& btf, LayoutBudget& budget) : btf_(btf), budget_(budget) {}

  Status add(TypeId composite, Bits at, int depth) {
    if (depth > kMaxLayoutDepth) {
      return fail(Errc::unsupported,
                  fmt::format("structs are nested deeper than {} levels", kMaxLayoutDepth));
    }
    TRY(const Bits whole, layout_size(btf_, composite));
    for (const Member member : members_of(btf_, composite)) {
      TRY_OK(budget_.take(1));
      TRY_OK(add_member(member, at, whole, composite, depth));
    }
    return {};
  }

  std::vector<LayoutField> take() { return std::move(fields_); }

 private:
  Status add_member(const Member& member, Bits at, Bits whole, TypeId owner, int depth) {
    const TypeId type = btf_.skip_modifiers_and_typedefs(member.type);
    const bool is_bitfield = member.bitfield_size.value != 0;
    Bits size = member.bitfield_size;
    if (!is_bitfield) {
      TRY(size, layout_size(btf_, type));
    }
    std::string name(btf_.string(member.name));
    if (member.offset.value > whole.value || size.value > whole.value - member.offset.value) {
      return fail(Errc::bad_format, fmt::format("{}.{} reaches past its end", title_of(btf_, owner),
                                                btfreloc::printable(name)));
    }
    const Bits offset = at + member.offset;
    if (name.empty()) {
      if (btf_.kind(type) == Kind::kStruct) return add(type, offset, depth + 1);
      if (btf_.kind(type) != Kind::kUnion) return {};  // padding
      name = anonymous_union_name(btf_, type);
    }
    if (!is_bitfield && offset.value % 8 != 0) {
      return fail(Errc::bad_format, fmt::format("{}.{} does not begin with a byte",
                                                title_of(btf_, owner), btfreloc::printable(name)));
    }
    fields_.push_back({.name = std::move(name),
                       .type = type,
                       .spelled = member.type,
                       .offset = offset,
                       .size = size,
                       .is_bitfield = is_bitfield});
    return {};
  }

  const View& btf_;
  LayoutBudget& budget_;
  std::vector<LayoutField> fields_;
};

Status check_names(const View& btf, TypeId owner, const std::vector<LayoutField>& fields) {
  std::unordered_set<std::string_view> names;
  for (const LayoutField& field : fields) {
    if (names.insert(field.name).second) continue;
    return fail(Errc::bad_format, fmt::format("{} has two members called {}", title_of(btf, owner),
                                              btfreloc::printable(field.name)));
  }
  return {};
}

Status check_overlaps(const View& btf, TypeId owner, const std::vector<LayoutField>& fields) {
  Bits end;
  for (const LayoutField& field : fields) {
    if (field.size.value == 0) continue;
    if (field.offset < end) {
      return fail(Errc::bad_format,
                  fmt::format("{}.{} lies over another member", title_of(btf, owner),
                              btfreloc::printable(field.name)));
    }
    end = field.offset + field.size;
  }
  return {};
}

}  // namespace

Status LayoutBudget::take(std::uint64_t parts) {
  if (parts > left_) {
    return fail(Errc::unsupported, "the types have more than 10,000 fields and enumerators");
  }
  left_ -= parts;
  return {};
}

Result<Bits> layout_size(const View& btf, TypeId id) {
  constexpr btfreloc::ByteCount kLargest = {1 << 20};
  const auto size = btfreloc::btf::size_of(btf, id, btf.pointer_size());
  if (!size) return fail(Errc::bad_format, fmt::format("{} has no size", title_of(btf, id)));
  if (*size > kLargest) {
    return fail(Errc::unsupported, fmt::format("{} has {} bytes, and {} are the most",
                                               title_of(btf, id), size->value, kLargest.value));
  }
  return Bits(*size);
}

Result<std::vector<LayoutField>> layout_fields(const View& btf, TypeId composite,
                                               LayoutBudget& budget) {
  Collector collector(btf, budget);
  TRY_OK(collector.add(composite, {}, 0));
  std::vector<LayoutField> fields = collector.take();
  std::ranges::stable_sort(fields, {}, &LayoutField::offset);
  TRY_OK(check_names(btf, composite, fields));
  if (btf.kind(composite) == Kind::kStruct) TRY_OK(check_overlaps(btf, composite, fields));
  return fields;
}

}  // namespace xdp_blacklist
