/* Relocatable records in records of our own, and records that are not relocatable at all. */
#include "shapes.h"

struct sock {
  u32 family;
  u32 mark;
  u32 list[4];
} RELOCATABLE;

struct own { /* ours: its layout is what we compiled */
  u64 key;
  struct sock inl;
  struct sock list[2];
  struct sock* pointer;
};

union own_union {
  struct sock sk;
  u64 quad;
};

struct plain {
  u32 a;
  u32 b;
};

u64 embedded(struct own* o) { return o->inl.mark; }
u64 embedded_first(struct own* o) { return o->inl.family; }
u64 embedded_array(struct own* o) { return o->inl.list[2]; }
u64 embedded_element(struct own* o) { return o->list[1].mark; }
u64 embedded_element_variable(struct own* o, u64 i) { return o->list[i & 1].mark; }
u64 embedded_address(struct own* o) { return take(&o->inl.mark); }
u64 embedded_store(struct own* o) { return o->inl.mark = 5; }
u64 embedded_in_union(union own_union* u) { return u->sk.mark; }
u64 embedded_pointer(struct own* o) { return o->pointer->mark; }
u64 none_address_of_embedded(struct own* o) { return take(&o->inl); }
u64 none_own_member(struct own* o) { return o->key; }
u64 none_plain(struct plain* p) { return p->a + p->b; }
u64 none_whole_record(struct sock* to, struct sock* from) {
  *to = *from;
  return 0;
}
u64 none_pointer_only(struct sock* sk) { return take(sk); }
u64 none_size(struct sock* sk) { return sizeof *sk + __builtin_offsetof(struct sock, mark); }
