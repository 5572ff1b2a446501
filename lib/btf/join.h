#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/error.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Several BTFs that are split on the same base, as those of modules are on their kernel's, as one
/// that is. Types keep their order: the first of the second has the id behind the last of the
/// first. Nothing is merged: types of one name stay as many as they are.
///
/// Fails for types of a kind that is not known here: nobody can tell what they refer to.
Result<std::vector<std::byte>> join_split(std::span<const View* const> views);

}  // namespace btfreloc::btf
