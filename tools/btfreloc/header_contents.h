#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "btf/header/selection.h"
#include "btfreloc/kernel.h"
#include "btfreloc/named_types.h"
#include "object/used_types.h"

namespace btfreloc::tool {

/// What a header declares of a kernel and its modules. A header is made of one BTF: where several
/// modules have a part in it, theirs are joined.
class HeaderContents {
 public:
  explicit HeaderContents(const Kernel& kernel) : kernel_(kernel.btf()) {}

  void add(const NamedType& named);
  void add(const object::UsedType& used);

  /// Of everything that was added. It points into this.
  Result<btf::HeaderSelection> selection();

 private:
  enum class As : std::uint8_t { whole, opaque, declared, record };
  struct Wanted {
    const btf::View* btf;
    TypeId type;
    As as;
    std::uint32_t index = 0;  ///< Of a record.
  };
  struct Module {
    const btf::View* btf;
    std::uint32_t moved_by;  ///< What is added to the ids of its own types.
  };

  void want(const btf::View& btf, TypeId type, As as, std::uint32_t index = 0);
  Result<const btf::View*> joined();
  TypeId id_of(const Wanted& wanted) const;

  const btf::View& kernel_;
  std::vector<Wanted> wanted_;
  std::vector<Module> modules_;  ///< In the order in which they came up.
  std::vector<std::byte> blob_;
  std::optional<btf::View> view_;  ///< Of `blob_`.
};

}  // namespace btfreloc::tool
