#include "core/relo_kind.h"

namespace btfreloc::core {

bool is_field_based(ReloKind kind) { return kind <= ReloKind::field_rshift_u64; }

bool is_enumval_based(ReloKind kind) {
  return kind == ReloKind::enumval_exists || kind == ReloKind::enumval_value;
}

bool is_type_based(ReloKind kind) { return !is_field_based(kind) && !is_enumval_based(kind); }

}  // namespace btfreloc::core
