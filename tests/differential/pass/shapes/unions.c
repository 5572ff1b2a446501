/* Unions whose members differ in size or kind.
 *
 * Left out as undecidable: IR without the attribute has no trace of which union member was named.
 * Reading one of two members of the same size and kind at the same place gives the same
 * instruction; the address of a union member is the address of the union; a pointer to a union
 * cast to a pointer to its member reads like that member. */
#include "shapes.h"

struct v4 {
  u32 address;
  u16 port;
} RELOCATABLE;

struct v6 {
  u64 address[2];
  u16 port;
  u8 scope;
} RELOCATABLE;

union number {
  u8 byte;
  u16 half;
  u32 word;
  u64 quad;
} RELOCATABLE;

union host {
  struct v4 v4;
  struct v6 v6;
} RELOCATABLE;

union pointer_or_word {
  struct v4* pointer;
  u32 word;
} RELOCATABLE;

union array_or_word {
  u16 halves[4];
  u64 quad;
} RELOCATABLE;

union pointer_or_quad {
  void* pointer;
  u64 quad;
} RELOCATABLE;

struct socket {
  u64 cookie;
  union number number;
  union host host;
  union pointer_or_word link;
  union pointer_or_quad either;
  union array_or_word array;
  union {
    u32 anonymous_word;
    u64 anonymous_quad;
    struct {
      u16 low;
      u16 high;
    };
  };
  struct {
    u32 before;
    union {
      u32 deep_word;
      u8 deep_byte;
      struct v6 deep_v6;
    } u;
  } middle;
} RELOCATABLE;

struct union_first {
  union {
    u8 byte;
    u64 quad;
  };
  u32 after;
} RELOCATABLE;

union outer_union {
  u32 word;
  struct {
    u64 a;
    union {
      u8 byte;
      u16 half;
    } inner;
  } record;
} RELOCATABLE;

u64 union_byte(struct socket* s) { return s->number.byte; }
u64 union_half(struct socket* s) { return s->number.half; }
u64 union_word(struct socket* s) { return s->number.word; }
u64 union_quad(struct socket* s) { return s->number.quad; }
u64 record_in_union(struct socket* s) { return s->host.v4.port; }
u64 record_in_union_first(struct socket* s) { return s->host.v4.address; }
u64 other_record_in_union(struct socket* s) { return s->host.v6.scope; }
u64 array_in_record_in_union(struct socket* s) { return s->host.v6.address[1]; }
u64 array_in_record_in_union_variable(struct socket* s, u64 i) { return s->host.v6.address[i & 1]; }
void* pointer_in_union(struct socket* s) { return s->link.pointer; }
u64 through_pointer_in_union(struct socket* s) { return s->link.pointer->port; }
void* pointer_beside_quad(struct socket* s) { return s->either.pointer; }
u64 quad_beside_pointer(struct socket* s) { return s->either.quad; }
void quad_beside_pointer_stored(struct socket* s, u64 value) { s->either.quad = value; }
u64 word_beside_pointer(struct socket* s) { return s->link.word; }
u64 array_in_union(struct socket* s) { return s->array.halves[2]; }
u64 array_in_union_zero(struct socket* s) { return s->array.halves[0]; }
u64 array_in_union_variable(struct socket* s, u64 i) { return s->array.halves[i & 3]; }
u64 quad_beside_array(struct socket* s) { return s->array.quad; }
u64 anonymous_union(struct socket* s) { return s->anonymous_quad; }
u64 anonymous_union_other(struct socket* s) { return s->anonymous_word; }
u64 struct_in_anonymous_union(struct socket* s) { return s->high; }
u64 struct_in_anonymous_union_first(struct socket* s) { return s->low; }
u64 union_in_struct_in_struct(struct socket* s) { return s->middle.u.deep_byte; }
u64 record_in_union_in_struct(struct socket* s) { return s->middle.u.deep_v6.scope; }
u64 union_comes_first(struct union_first* u) { return u->quad; }
u64 union_comes_first_byte(struct union_first* u) { return u->byte; }
u64 pointer_to_union(union number* n) { return n->half; }
u64 pointer_to_union_of_records(union host* h) { return h->v6.scope; }
u64 union_in_struct_in_union(union outer_union* u) { return u->record.inner.half; }
u64 struct_in_union(union outer_union* u) { return u->record.a; }
u64 word_in_union_with_struct(union outer_union* u) { return u->word; }
void union_stored(struct socket* s, u16 value) { s->number.half = value; }
void struct_in_union_stored(struct socket* s, u16 value) { s->host.v6.port = value; }
u64 element_of_unions(union number* n) { return n[2].half; }
