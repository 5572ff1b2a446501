#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/decision.h"
#include "core/resolve.h"
#include "core/target.h"
#include "object/needs.h"
#include "object/object.h"

namespace btfreloc::object {

/// Fails when the object has several BTF blobs, none of which its instructions can be matched with.
Status check_one_btf(const Object& object);

/// Decides every CO-RE relocation of `object` for one kernel; decisions lie beside
/// object.relocations(). A relocation that fails is a fatal Decision, never an Error; fails when
/// the object has several BTF blobs, when its byte order is not the kernel's, and when the modules
/// of the kernel cannot be read.
Result<std::vector<core::Decision>> relocate(const Object& object, const core::Target& target,
                                             core::Rules rules = core::Rules::coherent);

/// Decides the relocations of one object for many kernels: what the object alone says is read once,
/// and parts of it can be decided apart. The object must outlive it.
class Relocator {
 public:
  /// Fails when the object has several BTF blobs.
  static Result<Relocator> of(const Object& object, core::Rules rules = core::Rules::coherent);

  /// Relocations of root types that share an essential name. A kernel's types of that name, with
  /// what they hold, decide about them, and nothing else does.
  struct Group {
    std::string_view name;
    std::vector<std::size_t> relocations;  ///< Indices into object.relocations(), ascending.
  };
  const std::vector<Group>& groups() const { return groups_; }
  /// What a kernel is asked for: the names of the groups are those of types, then those of compared
  /// types.
  const Needs& needs() const { return needs_; }
  /// Decides a group; decisions lie beside its relocations. Fails as relocate() does.
  Result<std::vector<core::Decision>> decide(std::size_t group, const core::Target& target) const;
  /// Those that are in no group, because no kernel has a say in them; and their decisions.
  const std::vector<std::size_t>& others() const { return others_; }
  const std::vector<core::Decision>& decisions_of_others() const { return decisions_of_others_; }

 private:
  explicit Relocator(const Object& object) : object_(&object) {}

  const Object* object_;
  std::vector<Group> groups_;
  std::vector<core::PreparedRequests> prepared_;  ///< Beside groups_.
  Needs needs_;
  std::vector<std::size_t> others_;
  std::vector<core::Decision> decisions_of_others_;
};

/// What becomes of the relocations in the new file.
enum class Relocations : std::uint8_t {
  applied,  ///< core_relo_len in the header of .BTF.ext is 0, so that no loader applies them again;
            ///< their bytes stay. (libbpf ignores all of .BTF.ext when a part is there but empty.)
  kept,     ///< As they were.
};

/// The file of `object`, which `file` are the bytes of, with the instructions of `decisions`: they
/// keep their number and place, and nothing else in the file moves.
std::vector<std::byte> rewrite(const Object& object, Bytes file,
                               std::span<const core::Decision> decisions, Relocations relocations);

}  // namespace btfreloc::object
