#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "btf/ext.h"
#include "btf/view.h"
#include "object/object.h"

namespace btfreloc::tool {

/// One CO-RE relocation in words: what every command prints of it, as text or as JSON.
struct RelocationRecord {
  std::string id;         ///< "on_exit#3"; "section+offset" when no program has it.
  std::string kind;       ///< "byte_off", ...; "kind 17" when it is none.
  std::string root;       ///< "struct task_struct", "typedef pid_t".
  std::string access;     ///< The access string, as in the file.
  std::string path;       ///< "real_parent.tgid"; "" for relocations of types.
  std::string full_path;  ///< "task_struct.real_parent.tgid", "enum_name::VALUE", "struct x".
  std::optional<std::uint64_t> local;  ///< What the compiler put into the instruction.
  bool is_enum_value = false;
  bool is_signed = false;  ///< `local` is a negative number when its top bit is set.
  std::string problem;     ///< Why it means nothing; "" when it does. Loaders refuse such objects.

  /// True for existence, type_matches and signed.
  bool answers_yes_or_no() const;
  /// A value of this relocation, here or on a kernel: "8", "-1", and "yes" for existence.
  std::string value_text(std::uint64_t value) const;
  /// That of `local`; "?" without one.
  std::string local_text() const;
};

/// `id` as above; the rest from the record and the types it refers to. `order` is the byte order
/// of the machine it will run on.
RelocationRecord describe(const btf::View& btf, const btf::CoreRelo& relocation, std::endian order,
                          std::string id);
RelocationRecord describe(const object::Object& object, const object::Relocation& relocation);

}  // namespace btfreloc::tool
