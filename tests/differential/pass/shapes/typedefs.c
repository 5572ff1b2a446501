/* Records known by typedef names. The root is the type that the pointer was declared with, typedef
 * included, except behind a constant index.
 *
 * Left out: p[2].y of `unnamed_t* p`, and list[i].y of an array of structs without a name: clang's
 * root is then a struct without a name, which no loader finds. And ((named_t*)p)->y: IR knows the
 * struct, not the typedef of the cast. */
#include "shapes.h"

typedef struct {
  u32 x;
  u32 y;
  u64 list[2];
} RELOCATABLE unnamed_t;

typedef unnamed_t unnamed_alias_t;
typedef const unnamed_alias_t unnamed_const_t;

typedef struct named {
  u32 x;
  u32 y;
} RELOCATABLE named_t;

typedef named_t named_alias_t;
typedef named_alias_t* named_pointer_t;

typedef union {
  u8 byte;
  u64 quad;
} RELOCATABLE unnamed_union_t;

typedef struct {
  u32 counter;
} RELOCATABLE atomic_t;

typedef struct {
  atomic_t refs;
} RELOCATABLE refcount_t;

struct holder {
  u64 cookie;
  unnamed_t unnamed;
  named_alias_t named;
  refcount_t usage;
  unnamed_union_t number;
  unnamed_t* pointer;
  named_pointer_t named_pointer;
  unnamed_alias_t list[3];
} RELOCATABLE;

u64 root_typedef(unnamed_t* p) { return p->y; }
u64 root_typedef_first(unnamed_t* p) { return p->x; }
u64 root_typedef_array(unnamed_t* p) { return p->list[1]; }
u64 root_typedef_alias(unnamed_alias_t* p) { return p->y; }
u64 root_typedef_const(unnamed_const_t* p) { return p->y; }
u64 root_typedef_of_named(named_t* p) { return p->y; }
u64 root_typedef_of_named_element(named_t* p) { return p[2].y; }
u64 root_typedef_of_named_zero(named_t* p) { return p[0].y; }
u64 root_typedef_of_named_variable(named_t* p, u64 i) { return p[i].y; }
u64 root_typedef_chain(named_alias_t* p) { return p->y; }
u64 root_pointer_typedef(named_pointer_t p) { return p->y; }
u64 root_struct_of_typedef(struct named* p) { return p->y; }
u64 root_typedef_of_union(unnamed_union_t* p) { return p->quad; }
u64 member_of_typedef(struct holder* h) { return h->unnamed.y; }
u64 member_of_typedef_chain(struct holder* h) { return h->named.y; }
u64 counter_in_counter(struct holder* h) { return h->usage.refs.counter; }
u64 union_of_typedef(struct holder* h) { return h->number.byte; }
u64 pointer_to_typedef(struct holder* h) { return h->pointer->y; }
u64 pointer_of_typedef(struct holder* h) { return h->named_pointer->y; }
u64 element_of_typedef(struct holder* h) { return h->list[1].y; }
u64 element_of_typedef_variable(struct holder* h, u64 i) { return h->list[i & 1].y; }
u64 address_of_typedef(struct holder* h) { return take(&h->unnamed); }
u64 cast_to_typedef(void* p) { return ((unnamed_t*)p)->y; }
