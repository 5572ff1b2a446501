/* Bitfields: widths, places, storage, reads and writes. clang relocates only where the bytes are
 * that hold them; `bitfields=clang` asks the pass for the same.
 *
 * Left out: bits of a packed record that cross its alignment (packed_bits.b). clang crashes. */
#include "shapes.h"

struct flags {
  u32 before;
  u32 one : 1;
  u32 three : 3;
  u32 across : 9; /* bits 4 to 12 */
  u32 rest : 19;
  s32 minus : 5;
  s32 minus_wide : 27;
  u32 full : 32;
  u64 quad_low : 12;
  u64 quad_middle : 40;
  u64 quad_high : 12;
  s64 quad_signed : 33;
  u8 nibble_low : 4;
  u8 nibble_high : 4;
  u16 half : 11;
  _Bool yes : 1;
  _Bool no : 1;
  u32 after;
} RELOCATABLE;

struct only_bits {
  u32 a : 4;
  u32 b : 4;
} RELOCATABLE;

struct separated {
  u32 a : 4;
  u32 : 0;
  u32 b : 4;
  u32 : 6;
  u32 c : 6;
} RELOCATABLE;

enum color { RED, GREEN, BLUE };

struct mixed {
  u8 byte;
  u32 after_byte : 7;
  u16 half;
  u32 after_half : 10;
  enum color color : 2;
  u64 tail : 20;
} RELOCATABLE;

struct holder {
  u64 cookie;
  struct only_bits in;
  struct {
    u16 anonymous_a : 3;
    u16 anonymous_b : 13;
  };
  struct only_bits list[4];
  struct only_bits* pointer;
} RELOCATABLE;

struct packed_bits {
  u8 byte;
  u32 a : 5;
  u32 b : 9;
  u8 last;
} __attribute__((packed)) RELOCATABLE;

u64 single_bit(struct flags* f) { return f->one; }
u64 three_bits(struct flags* f) { return f->three; }
u64 across_bytes(struct flags* f) { return f->across; }
u64 rest_of_word(struct flags* f) { return f->rest; }
s64 signed_bits(struct flags* f) { return f->minus; }
s64 signed_wide_bits(struct flags* f) { return f->minus_wide; }
u64 full_width(struct flags* f) { return f->full; }
u64 low_of_quad(struct flags* f) { return f->quad_low; }
u64 high_of_quad(struct flags* f) { return f->quad_high; }
u64 low_nibble(struct flags* f) { return f->nibble_low; }
u64 high_nibble(struct flags* f) { return f->nibble_high; }
u64 bits_of_half(struct flags* f) { return f->half; }
_Bool boolean_bit(struct flags* f) { return f->yes; }
u64 second_boolean_bit(struct flags* f) { return f->no ? 3 : 4; }
u64 member_after_bits(struct flags* f) { return f->after; }
u64 bit_as_condition(struct flags* f) { return f->one ? f->before : f->after; }
u64 bits_compared(struct flags* f) { return f->three == 5; }
u64 bits_summed(struct flags* f) { return f->one + f->three + f->across; }
u64 first_bits(struct only_bits* b) { return b->a; }
u64 second_bits(struct only_bits* b) { return b->b; }
u64 after_zero_width(struct separated* s) { return s->b; }
u64 after_unnamed(struct separated* s) { return s->c; }
u64 bits_after_byte(struct mixed* m) { return m->after_byte; }
u64 bits_after_half(struct mixed* m) { return m->after_half; }
u64 enumeration_bits(struct mixed* m) { return m->color; }
u64 bits_at_end(struct mixed* m) { return m->tail; }
u64 bits_in_nested(struct holder* h) { return h->in.b; }
u64 bits_in_anonymous(struct holder* h) { return h->anonymous_b; }
u64 bits_in_element(struct holder* h) { return h->list[2].b; }
u64 bits_in_variable_element(struct holder* h, u64 i) { return h->list[i & 3].b; }
u64 bits_through_pointer(struct holder* h) { return h->pointer->b; }
u64 packed_bits_a(struct packed_bits* p) { return p->a; }
void write_bit(struct flags* f) { f->one = 1; }
void write_zero(struct flags* f) { f->three = 0; }
void write_ones(struct flags* f) { f->three = 7; }
void write_bits(struct flags* f, u32 value) { f->across = value; }
void write_full_width(struct flags* f, u32 value) { f->full = value; }
void write_signed_bits(struct flags* f, s32 value) { f->minus = value; }
void write_high_of_quad(struct flags* f, u64 value) { f->quad_high = value; }
void write_boolean_bit(struct flags* f, u64 value) { f->yes = value; }
void compound_or(struct flags* f, u32 value) { f->three |= value; }
void compound_add(struct flags* f, u32 value) { f->across += value; }
void increment(struct flags* f) { f->three++; }
u64 decrement_and_use(struct flags* f) { return --f->across; }
void write_bits_in_nested(struct holder* h, u32 value) { h->in.b = value; }
void copy_bits(struct flags* to, struct flags* from) { to->three = from->three; }
void pass_bits(struct flags* f) { put(f->three); }
#if __clang_major__ >= 19 /* clang 15 and 16 refuse what is wider than 32 bits */
u64 middle_of_quad(struct flags* f) { return f->quad_middle; }
s64 signed_over_32_bits(struct flags* f) { return f->quad_signed; }
void pass_middle_of_quad(struct flags* f) { put(f->quad_middle); }
void write_middle_of_quad(struct flags* f, u64 value) { f->quad_middle = value; }
#endif
