/* Writes to members, read-modify-write, atomics, copies. */
#include "shapes.h"

struct point {
  u32 x;
  u32 y;
} RELOCATABLE;

struct object {
  u64 first;
  u32 count;
  u16 half;
  u8 byte;
  _Bool flag;
  s32 error;
  struct point in;
  u32 list[8];
  char name[16];
  struct point points[2];
  struct object* next;
  void* cookie;
  volatile u32 ticks;
  u64 total;
} RELOCATABLE;

struct event { /* ours, not relocated */
  u64 key;
  void* pointer;
  u32* counter;
  char name[16];
  u32 x, y;
};

void store_first(struct object* o, u64 value) { o->first = value; }
void store_word(struct object* o, u32 value) { o->count = value; }
void store_half(struct object* o, u16 value) { o->half = value; }
void store_byte(struct object* o, u8 value) { o->byte = value; }
void store_boolean(struct object* o, u64 value) { o->flag = value; }
void store_constant(struct object* o) { o->count = 7; }
void store_negative(struct object* o) { o->error = -1; }
void store_nested(struct object* o, u32 value) { o->in.y = value; }
void store_element(struct object* o, u32 value) { o->list[2] = value; }
void store_element_variable(struct object* o, u64 i, u32 value) { o->list[i & 7] = value; }
void store_pointer(struct object* o, struct object* next) { o->next = next; }
void store_null(struct object* o) { o->next = 0; }
void store_through_chain(struct object* o, u32 value) { o->next->next->count = value; }
void store_volatile(struct object* o) { o->ticks = 1; }
void add_assign(struct object* o, u32 value) { o->count += value; }
void increment(struct object* o) { o->count++; }
u64 increment_and_use(struct object* o) { return ++o->count; }
u64 use_and_decrement(struct object* o) { return o->in.y--; }
void shift_assign_nested(struct object* o) { o->in.x <<= 3; }
void element_or_assign(struct object* o, u32 value) { o->list[3] |= value; }
void chained_assignment(struct object* o, u32 value) { o->count = o->in.x = value; }
void member_to_member(struct object* o) { o->count = o->in.y; }
void record_to_record(struct object* to, struct object* from) { to->count = from->count; }
void swap(struct object* o) {
  u32 x = o->in.x;
  o->in.x = o->in.y;
  o->in.y = x;
}
void sync_add(struct object* o) { __sync_fetch_and_add(&o->total, 1); }
void sync_add_nested(struct object* o) { __sync_fetch_and_add(&o->in.y, 2); }
u64 atomic_exchange(struct object* o) {
  return __atomic_exchange_n(&o->total, 3, __ATOMIC_SEQ_CST);
}
u64 compare_and_swap(struct object* o) { return __sync_val_compare_and_swap(&o->total, 1, 2); }
u64 fetch_first(struct object* o) { return __sync_fetch_and_add(&o->first, 4); }
void copy_array_out(struct object* o, struct event* e) { __builtin_memcpy(e->name, o->name, 16); }
void copy_array_in(struct object* o, struct event* e) { __builtin_memcpy(o->name, e->name, 16); }
void copy_by_address(struct object* o, u32* out) {
  __builtin_memcpy(out, &o->in.y, sizeof o->in.y);
}
void copy_nested(struct object* o, void* out) { __builtin_memcpy(out, &o->in, sizeof o->in); }
void clear_array(struct object* o) { __builtin_memset(o->name, 0, sizeof o->name); }
void assign_nested_out(struct object* o, struct point* out) { *out = o->in; }
void assign_nested_in(struct object* o, struct point* in) { o->in = *in; }
void assign_nested_across(struct object* to, struct object* from) { to->in = from->in; }
void assign_element(struct object* o, struct point* out) { *out = o->points[1]; }
void to_own_record(struct object* o, struct event* e) { e->key = o->total; }
void fill_own_local(struct object* o) {
  struct event e = {.key = o->total, .x = o->in.x, .y = o->in.y, .pointer = o->cookie};
  take(&e);
}
