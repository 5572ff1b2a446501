#include "btfreloc/member_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "btf/c_text.h"
#include "btfreloc/output.h"
#include "btfreloc/suggest.h"
#include "core/members.h"

namespace btfreloc::tool {
namespace {

constexpr std::size_t kMostFound = 3;
constexpr std::size_t kMaxMembers = 20'000;  ///< Looked at in one search.
constexpr int kMaxDepth = 8;                 ///< Structs inside one another.

/// Whether a search goes into structs that have a name, too, or only into anonymous ones.
enum class Into : std::uint8_t { anonymous, every_struct };

/// Calls visit(member) for the members of a struct or union, in depth-first order, until it says
/// false. Anonymous structs and unions are gone into, and not visited themselves.
template <class Visit>
class Walk {
 public:
  Walk(const btf::View& btf, Into into, Visit visit) : btf_(btf), into_(into), visit_(visit) {}

  bool run(TypeId type, const std::string& prefix = "", Bits start = {}, int depth = 0) {
    const auto members = core::members_of(btf_, btf_.skip_modifiers_and_typedefs(type));
    if (!members || depth > kMaxDepth) return true;
    for (const btf::Member member : *members) {
      if (++seen_ > kMaxMembers) return false;
      const std::string_view name = btf_.string(member.name);
      const std::string path = prefix + std::string(name);
      const Bits offset = start + member.offset;
      if (!name.empty() && !visit_(FoundMember{.path = path,
                                               .type = member.type,
                                               .offset = offset,
                                               .bitfield_size = member.bitfield_size})) {
        return false;
      }
      if (!name.empty() && into_ == Into::anonymous) continue;
      if (!run(member.type, name.empty() ? prefix : path + ".", offset, depth + 1)) return false;
    }
    return true;
  }

 private:
  const btf::View& btf_;
  Into into_;
  Visit visit_;
  std::size_t seen_ = 0;
};

std::string_view without_underscores(std::string_view name) {
  const std::size_t first = name.find_first_not_of('_');
  if (first == std::string_view::npos) return name;
  return name.substr(first, name.find_last_not_of('_') - first + 1);
}

template <class Visit>
void walk(const btf::View& btf, TypeId type, Into into, Visit visit) {
  Walk<Visit>(btf, into, visit).run(type);
}

}  // namespace

std::string member_text(const btf::View& btf, const FoundMember& member) {
  const std::string type = printable(btf::declaration(btf, member.type, ""));
  std::string place = fmt::format("byte {}", whole_bytes(member.offset).value);
  if (member.bitfield_size.value != 0) {
    place = fmt::format("bits {} to {}", member.offset.value,
                        member.offset.value + member.bitfield_size.value - 1);
  }
  return fmt::format("`{}` ({}, {})", printable(member.path), type, place);
}

std::vector<FoundMember> nearest_members(const btf::View& btf, TypeId type, std::string_view name) {
  std::vector<FoundMember> all;
  walk(btf, type, Into::anonymous, [&](const FoundMember& member) {
    all.push_back(member);
    return true;
  });
  // A name that gained or lost underscores is the nearest of all, as `state` became `__state`.
  std::vector<FoundMember> found;
  for (const FoundMember& member : all) {
    if (found.size() < kMostFound &&
        without_underscores(member.path) == without_underscores(name)) {
      found.push_back(member);
    }
  }
  if (!found.empty()) return found;
  std::vector<std::string_view> names;
  for (const FoundMember& member : all) names.push_back(member.path);
  for (const std::string_view near : nearest(name, names)) {
    found.push_back(*std::ranges::find(all, near, &FoundMember::path));
  }
  return found;
}

std::optional<FoundMember> member_at(const btf::View& btf, TypeId type, Bits offset) {
  std::optional<FoundMember> found;
  walk(btf, type, Into::anonymous, [&](const FoundMember& member) {
    std::uint64_t size = member.bitfield_size.value;
    if (size == 0) {
      const auto bytes = btf::size_of(btf, member.type, btf.pointer_size());
      size = bytes ? Bits(*bytes).value : 0;
    }
    if (offset < member.offset || offset.value - member.offset.value >= size) return true;
    found = member;
    return false;
  });
  return found;
}

std::vector<FoundMember> nested_members(const btf::View& btf, TypeId type, std::string_view name) {
  std::vector<FoundMember> found;
  walk(btf, type, Into::every_struct, [&](const FoundMember& member) {
    const bool is_nested = member.path.contains('.');
    if (is_nested && member.path.substr(member.path.rfind('.') + 1) == name) {
      found.push_back(member);
    }
    return found.size() < kMostFound;
  });
  return found;
}

}  // namespace btfreloc::tool
