/* Packed and aligned records. */
#include "shapes.h"

struct packed_pair {
  u8 tag;
  u32 value;
} __attribute__((packed)) RELOCATABLE;

struct packed {
  u8 tag;
  u64 unaligned;
  u16 half;
  struct packed_pair pair;
  u32 list[3];
} __attribute__((packed)) RELOCATABLE;

struct aligned {
  u8 tag;
  u32 line __attribute__((aligned(64)));
  u64 after;
} __attribute__((aligned(128))) RELOCATABLE;

struct padded {
  u8 tag;
  u64 quad;
  u8 byte;
  struct aligned in;
} RELOCATABLE;

struct empty {
} RELOCATABLE;

struct with_empty {
  u32 before;
  struct empty nothing;
  u32 after;
} RELOCATABLE;

u64 packed_byte(struct packed* p) { return p->tag; }
u64 packed_quad(struct packed* p) { return p->unaligned; }
u64 packed_half(struct packed* p) { return p->half; }
u64 packed_nested(struct packed* p) { return p->pair.value; }
u64 packed_element(struct packed* p) { return p->list[1]; }
u64 packed_element_variable(struct packed* p, u64 i) { return p->list[i & 1]; }
void packed_store(struct packed* p, u64 value) { p->unaligned = value; }
u64 packed_index(struct packed* p) { return p[3].half; }
u64 aligned_member(struct aligned* a) { return a->line; }
u64 aligned_after(struct aligned* a) { return a->after; }
u64 aligned_index(struct aligned* a) { return a[1].after; }
u64 padded_quad(struct padded* p) { return p->quad; }
u64 padded_byte(struct padded* p) { return p->byte; }
u64 aligned_in_padded(struct padded* p) { return p->in.line; }
u64 after_empty(struct with_empty* w) { return w->after; }
