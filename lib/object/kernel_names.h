#pragma once

#include <optional>
#include <string_view>
#include <unordered_set>

#include "btf/kinds.h"
#include "btf/view.h"

namespace btfreloc::object {

/// Looks types of a program up in a kernel: by name, and by what they are.
class KernelNames {
 public:
  KernelNames(const btf::View& local, const btf::View& kernel) : local_(local), kernel_(kernel) {}

  const btf::View& kernel() const { return kernel_; }

  /// The first type of that very name and one of the kinds; nullopt when there is none.
  std::optional<TypeId> find(std::string_view name, btf::KindSet kinds) const;
  /// The kernel's type that `id` of the program is a declaration of: a struct, union, enum, typedef
  /// or forward declaration of the same name. Of several, the one that shares most members with it.
  ///
  /// nullopt for flavors, enums with enumerators of flavors among them, and for structs that have
  /// the name only: less than half of their members are the kernel's.
  std::optional<TypeId> find_declared(TypeId id) const;

 private:
  std::optional<TypeId> find_record(TypeId id) const;

  const btf::View& local_;
  const btf::View& kernel_;
};

/// The names of the members of a struct or union, those of anonymous members included.
std::unordered_set<std::string_view> member_names(const btf::View& btf, TypeId id);

/// The kinds that a keyword of C stands before, forward declarations included.
btf::KindSet kinds_of(std::string_view keyword);

}  // namespace btfreloc::object
