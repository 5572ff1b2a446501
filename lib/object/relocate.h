#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/decision.h"
#include "core/resolve.h"
#include "core/target.h"
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
