/* Accesses under branches, in loops, and pointers that come from several places. */
#include "shapes.h"

struct node {
  u64 key;
  struct node* next;
  struct node* child[2];
  u32 value;
  u32 list[8];
} RELOCATABLE;

struct other {
  u32 pad;
  u32 value;
  u64 key;
} RELOCATABLE;

enum { FIRST, SECOND, THIRD };

u64 conditional_pointer(struct node* a, struct node* b, u64 c) { return (c ? a : b)->value; }
u64 conditional_member(struct node* n, u64 c) { return c ? n->value : n->key; }
u64 conditional_chain(struct node* n, u64 c) { return (c ? n->next : n->child[1])->value; }
u64 conditional_address(struct node* n, u64 c) { return take(c ? &n->list[1] : &n->value); }
u64 elvis(struct node* a, struct node* b) { return (a ?: b)->value; }
u64 merged_by_if(struct node* a, struct node* b, u64 c) {
  struct node* n = a;
  if (c > 3) n = b;
  return n->value;
}
u64 two_records_one_offset(struct node* n, struct other* o, u64 c) { return c ? n->key : o->key; }
u64 two_arms_same_member(struct node* a, struct node* b, u64 c) {
  if (c) return a->value;
  return b->value;
}
u64 list_walk(struct node* head) {
  u64 sum = 0;
  for (struct node* n = head; n; n = n->next) sum += n->value;
  return sum;
}
u64 bounded_list_walk(struct node* n) {
  u64 sum = 0;
  for (int i = 0; i < 16 && n; i++) {
    sum += n->value;
    n = n->next;
  }
  return sum;
}
u64 tree_walk(struct node* n, u64 key) {
  while (n && n->key != key) n = n->child[key > n->key];
  return n ? n->value : 0;
}
u64 array_loop(struct node* n, u64 count) {
  u64 sum = 0;
  for (u64 i = 0; i < count; i++) sum += n->list[i];
  return sum;
}
u64 loop_over_chain(struct node* n, u64 count) {
  u64 sum = 0;
  while (count--) sum += n->next->list[count & 7];
  return sum;
}
u64 unrolled_loop(struct node* n) {
  u64 sum = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) sum += n->list[i];
  return sum;
}
void storing_loop(struct node* n, u64 count) {
  for (u64 i = 0; i < count; i++) n->list[i & 7] = i;
}
u64 switch_on_member(struct node* n) {
  switch (n->value) {
    case 1: return n->key;
    case 5: return n->list[1];
    case 90: return n->next->key;
    default: return 0;
  }
}
u64 switch_over_members(struct node* n, u64 which) {
  switch (which) {
    case FIRST: return n->key;
    case SECOND: return n->value;
    case THIRD: return n->list[2];
  }
  return 7;
}
u64 short_circuit(struct node* n) { return n && n->next && n->next->value > 4; }
u64 comma(struct node* n) { return (put(n->key), n->value); }
u64 statement_expression(struct node* n) {
  return ({
    struct node* next = n->next;
    next ? next->value : 0;
  });
}
u64 goto_back(struct node* n) {
again:
  if (n->value > 8) {
    n = n->next;
    goto again;
  }
  return n->key;
}
u64 early_return(struct node* n) {
  if (!n) return 0;
  if (n->key == 3) return n->value;
  put(n->value);
  return n->list[4];
}
u64 condition_only(struct node* n) {
  if (n->next) put(1);
  return 0;
}
u64 recomputed_after_call(struct node* n) {
  u64 before = n->value;
  put(before);
  return n->value - before;
}
