/* A pointer to records used as an array: p[i].f.
 *
 * Left out: p[-1].f, for which clang writes the access string 4294967295:1:1, which no loader
 * takes. And (p + 1)->f, whose IR is that of p[1].f, while clang leaves the sum alone; and &p[1],
 * which clang relocates (access string 1), while it does not relocate p + 1 and p++. */
#include "shapes.h"

struct pair {
  u32 x;
  u32 y;
} RELOCATABLE;

struct item {
  u64 first;
  struct pair in;
  u32 list[4];
  struct pair* pairs;
} RELOCATABLE;

u64 element_one(struct item* p) { return p[1].in.y; }
u64 element_zero(struct item* p) { return p[0].in.y; }
u64 element_one_first_member(struct item* p) { return p[1].first; }
u64 element_one_array(struct item* p) { return p[1].list[2]; }
u64 element_variable(struct item* p, u64 i) { return p[i].in.y; }
u64 element_variable_first_member(struct item* p, u64 i) { return p[i].first; }
u64 element_variable_array(struct item* p, u64 i) { return p[i].list[2]; }
u64 variable_sum_then_arrow(struct item* p, u64 i) { return (p + i)->in.y; }
u64 difference_then_arrow(struct item* p) { return (p - 1)->in.y; }
u64 incremented_pointer(struct item* p) {
  p++;
  return p->in.y;
}
u64 incremented_in_access(struct item* p) { return (p++)->in.y + p->in.x; }
u64 element_of_member(struct item* p) { return p->pairs[2].y; }
u64 element_of_member_variable(struct item* p, u64 i) { return p->pairs[i].y; }
u64 element_of_member_first(struct item* p) { return p->pairs[2].x; }
u64 element_of_member_zero(struct item* p) { return p->pairs[0].y; }
u64 element_of_element(struct item* p) { return p[1].pairs[2].y; }
void stored_element(struct item* p, u32 value) { p[2].in.y = value; }
u64 address_of_member_of_element(struct item* p) { return take(&p[2].in.y); }
u64 two_different_elements(struct item* p) { return p[1].first + p[2].first; }
