#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "btf/legalize/renamer.h"
#include "btf/legalize/rewrite.h"

namespace btfreloc::btf {

/// Writes structs and unions with their members where kernels want them.
class Composites {
 public:
  Composites(Rewrite& rewrite, Renamer& names)
      : rewrite_(rewrite), names_(names), view_(rewrite.view()), builder_(rewrite.builder()) {}

  /// How the members of a struct will be ordered.
  void learn(TypeId id);

  void write(const Struct& type);
  void write(const Union& type);

  /// Where the component that a tag names is once members are sorted.
  std::int32_t component_of(const DeclTag& tag) const;

 private:
  /// The numbers of members before and after they are sorted, by each other.
  struct Order {
    std::vector<std::uint32_t> old_of;
    std::vector<std::uint32_t> new_of;
  };

  void wrap(std::size_t index, Member& member, ByteCount size);
  std::optional<StrOff> finish(StrOff name, std::vector<Member>& members, bool is_changed);
  bool lower_bitfields(std::vector<Member>& members);
  TypeId of_width(TypeId type, Bits width);

  Rewrite& rewrite_;
  Renamer& names_;
  const View& view_;
  Builder& builder_;
  std::unordered_map<TypeId, Order> orders_;  ///< Of structs whose members are not sorted.
};

}  // namespace btfreloc::btf
