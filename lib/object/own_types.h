#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "object/kernel_names.h"
#include "object/kernel_uses.h"
#include "object/object.h"

namespace btfreloc::object {

/// Goes through the types of an object's own declarations (variables, maps, functions, externs) up
/// to those that are the kernel's, and adds these.
class OwnTypes {
 public:
  OwnTypes(const Object& object, const KernelNames& names, KernelUses& uses)
      : object_(object), local_(*object.btf()), names_(names), uses_(uses) {}

  void add_all();

 private:
  /// How a declaration refers to a type.
  enum class How : std::uint8_t {
    pointed_to,  ///< Its members are what the program uses.
    value,       ///< An object of it is the program's: any member may be.
    map,         ///< The definition of a map: pointers in it stand for objects of the program's.
  };
  using Step = std::pair<TypeId, How>;

  void add_roots();
  void step(TypeId id, How how);
  void enter(TypeId id, How how);
  void enter_array(const btf::Array& array, How how);
  void add_record(TypeId local, TypeId kernel, How how);
  bool add_members(TypeId kernel, const std::unordered_set<std::string_view>& names,
                   std::size_t& seen, int depth);
  void add_typedef(TypeId local, TypeId kernel, How how);
  void push(TypeId id, How how) { todo_.emplace_back(id, how); }

  const Object& object_;
  const btf::View& local_;
  const KernelNames& names_;
  KernelUses& uses_;
  std::vector<Step> todo_;
};

}  // namespace btfreloc::object
