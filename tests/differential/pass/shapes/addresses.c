/* Addresses of members: passed, returned, stored, compared, subtracted. For arrays used as
 * pointers see array_address.c. */
#include "shapes.h"

struct point {
  u32 x;
  u32 y;
} RELOCATABLE;

struct object {
  struct point head;
  u64 cookie;
  struct point in;
  u32 list[8];
  char name[16];
  struct point points[4];
  u32 grid[3][4];
  struct object* next;
  u8 last;
} RELOCATABLE;

struct event { /* ours, not relocated */
  u64 key;
  const void* pointer;
  struct point* point;
};

struct list_head {
  struct list_head *next, *prev;
} RELOCATABLE;

struct container {
  u64 before;
  struct list_head node;
  u32 after;
} RELOCATABLE;

extern u64 take_point(struct point* p);
extern u64 take_two(const void* a, const void* b);
extern u64 read_kernel(void* to, u32 size, const void* from);
static __attribute__((noinline)) u64 sum_of(const struct point* p) { return p->x + p->y; }
static __attribute__((noinline)) u64 value_of(const u32* p) { return *p; }

u64 pass_address(struct object* o) { return take(&o->cookie); }
u64 pass_address_of_last(struct object* o) { return take(&o->last); }
u64 pass_address_of_first(struct object* o) { return take(&o->head); }
u64 pass_address_of_first_of_first(struct object* o) { return take(&o->head.x); }
u64 pass_address_of_nested(struct object* o) { return take_point(&o->in); }
u64 pass_address_in_nested(struct object* o) { return take(&o->in.y); }
u64 pass_address_of_first_in_nested(struct object* o) { return take(&o->in.x); }
u64 pass_address_of_element(struct object* o) { return take(&o->list[2]); }
u64 pass_address_of_variable_element(struct object* o, u64 i) { return take(&o->list[i & 7]); }
u64 pass_address_of_record_element(struct object* o) { return take(&o->points[2]); }
u64 pass_address_in_record_element(struct object* o) { return take(&o->points[2].y); }
u64 pass_address_of_whole_array(struct object* o) { return take(&o->name); }
u64 pass_address_of_row(struct object* o) { return take(&o->grid[1]); }
u64 pass_array_plus_constant(struct object* o) { return take(o->list + 3); }
u64 pass_through_chain(struct object* o) { return take(&o->next->next->in.y); }
u64 pass_to_static_function(struct object* o) { return sum_of(&o->in); }
u64 pass_word_to_static_function(struct object* o) { return value_of(&o->in.y); }
u64 pass_two_addresses(struct object* o) { return take_two(&o->cookie, &o->in.y); }
u64 pass_value_and_address(struct object* o) { return take_two(o->next, &o->last); }
u64 read_by_function(struct object* o) {
  u64 value = 0;
  read_kernel(&value, sizeof value, &o->cookie);
  return value;
}
u64 read_chain_by_function(struct object* o) {
  struct object* next = 0;
  u32 value = 0;
  read_kernel(&next, sizeof next, &o->next);
  read_kernel(&value, sizeof value, &next->in.y);
  return value;
}
u32* return_address(struct object* o) { return &o->in.y; }
struct point* return_address_of_nested(struct object* o) { return &o->in; }
u32* return_address_of_element(struct object* o) { return &o->list[5]; }
u64 address_as_number(struct object* o) { return (u64)&o->cookie; }
u64 address_minus_base(struct object* o) { return (u64)&o->in.y - (u64)o; }
u64 addresses_subtracted(struct object* o) { return (char*)&o->in - (char*)&o->cookie; }
void store_address(struct object* o, struct event* e) { e->pointer = &o->cookie; }
void store_address_of_nested(struct object* o, struct event* e) { e->point = &o->in; }
void store_address_in_global(struct object* o) {
  static const void* saved;
  saved = &o->in.y;
  take(&saved);
}
void store_address_in_local(struct object* o) {
  struct event e = {.key = 1, .pointer = &o->last, .point = &o->in};
  take(&e);
}
u64 compare_addresses(struct object* o, u32* other) { return &o->in.y == other; }
u64 compare_two_addresses(struct object* a, struct object* b) { return &a->in.y < &b->in.x; }
u64 list_is_empty(struct container* c) { return c->node.next == &c->node; }
u64 variable_to_nested(struct object* o) {
  struct point* in = &o->in;
  return in->x + in->y;
}
u64 variable_to_word(struct object* o) {
  u32* word = &o->in.y;
  return *word;
}
u64 variable_to_element(struct object* o) {
  struct point* element = &o->points[1];
  return element->y;
}
u64 variable_to_array(struct object* o) {
  u32(*list)[8] = &o->list;
  return (*list)[3];
}
u64 string_compared(struct object* o) { return o->name[0] == 'r' && o->name[1] == 'm'; }
u64 address_taken_and_read(struct object* o) { return take(&o->cookie) + o->cookie; }
u64 byte_inside_member(struct object* o) { return *((u8*)&o->cookie + 3); }
u64 member_read_narrower(struct object* o) { return *(u16*)&o->cookie; }
u64 members_read_wider(struct object* o) { return *(u64*)&o->in.x; }
u64 address_of_dereference(struct object* o) { return take(&*(&o->in)); }
