/* Records without a mark inside marked ones. clang stops at them, the access string ends there;
 * so does the pass with `nested=stop`, while by default it goes on into them. */
#include "shapes.h"

struct plain {
  u32 a;
  u32 b;
  u32 list[4];
};

struct marked {
  u64 cookie;
  struct plain in;
  struct plain* pointer;
  struct plain items[3];
} RELOCATABLE;

u64 stops_at_plain(struct marked* m) { return m->in.b; }
u64 stops_at_plain_first(struct marked* m) { return m->in.a; }
u64 stops_at_plain_array(struct marked* m) { return m->in.list[2]; }
u64 stops_at_plain_element(struct marked* m) { return m->items[1].b; }
u64 stops_at_plain_pointer(struct marked* m) { return m->pointer->b; }
u64 address_in_plain(struct marked* m) { return take(&m->in.b); }
