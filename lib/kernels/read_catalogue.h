#pragma once

#include "base/error.h"
#include "kernels/catalogue.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// All of a set as a catalogue, whose symbols have the numbers they have in the set, and columns
/// the order.
Result<Catalogue> read_catalogue(const Set& set);

}  // namespace btfreloc::kernels
