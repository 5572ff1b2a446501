/* Bitfields in unions: the union member leaves no trace in IR, the bits do. Every union here has
 * at most one member that could hold the bits read. */
#include "shapes.h"

struct bits {
  u8 kind : 2;
  u8 used : 1;
  u8 rest : 5;
} RELOCATABLE;

struct head {
  u32 length;
  union {
    u32 word;
    struct bits bits;
  };
  union {
    u64 quad;
    struct {
      u8 cloned : 1;
      u8 nohdr : 1;
      u8 fclone : 2;
    };
  };
} RELOCATABLE;

u64 bits_in_record_in_union(struct head* h) { return h->bits.used; }
u64 first_bits_in_record_in_union(struct head* h) { return h->bits.kind; }
u64 bits_in_anonymous_struct_in_union(struct head* h) { return h->nohdr; }
u64 first_bits_in_anonymous_struct_in_union(struct head* h) { return h->cloned; }
u64 wider_bits_in_anonymous_struct_in_union(struct head* h) { return h->fclone; }
u64 word_beside_bits(struct head* h) { return h->word; }
void bits_in_union_stored(struct head* h) { h->nohdr = 1; }
