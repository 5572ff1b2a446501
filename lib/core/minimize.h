#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "core/decision.h"
#include "core/target.h"

namespace btfreloc::core {

/// The relocations of one object, decided by Rules::coherent for the kernel that is to be cut down:
/// by them every candidate was asked about every relocation of its root.
struct DecidedObject {
  const btf::View& local;
  std::span<const Decision> decisions;
};

enum class Extent : std::uint8_t {
  needed,      ///< What decides, and no more.
  candidates,  ///< All that candidates have, as deep as any rule looks.
};

/// A BTF in which every candidate answers every relocation as it does in `target`, so that all of
/// them are decided alike, by either Rules, and by libbpf: a candidate that lacks the member
/// remains, without it. Types of modules become types of the kernel.
///
/// The exception is type_id_target: ids of this BTF are not those of the kernel. Types that nothing
/// else asks for are left out, which answers 0: not there.
Result<std::vector<std::byte>> minimize(const Target& target,
                                        std::span<const DecidedObject> objects,
                                        Extent extent = Extent::needed);

}  // namespace btfreloc::core
