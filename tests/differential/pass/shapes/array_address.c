/* An array used as a pointer: clang relocates the member, without an index.
 *
 * IR without the attribute is the same for `o->list` and `&o->list[0]`, for `*o->list` and
 * `o->list[0]`, for `o->cells->f` and `o->cells[0].f`, while clang gives the second of each the
 * index 0. The offset is the same. So here an address has no index, arrays.c reads with one, and
 * left out are `&o->list[0]`, `*o->list` and `o->cells->f`. */
#include "shapes.h"

struct object {
  u64 cookie;
  u32 list[8];
  char name[16];
  u32 grid[3][4];
} RELOCATABLE;

u64 decayed(struct object* o) { return take(o->name); }
u64 decayed_words(struct object* o) { return take(o->list); }
u64 decayed_grid(struct object* o) { return take(o->grid); }
u64 decayed_row(struct object* o) { return take(o->grid[1]); }
u64 decayed_plus_variable(struct object* o, u64 i) { return take(o->list + i); }
const char* decayed_and_returned(struct object* o) { return o->name; }
u64 decayed_to_variable(struct object* o) {
  const u32* list = o->list;
  return list[0] + list[3];
}
