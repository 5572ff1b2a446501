/* Arrays in records: constant and variable indexes, several dimensions, elements that are records.
 * clang relocates the first index that is a constant directly behind the member; an index behind
 * that one, and whatever follows a variable, starts anew or is left alone.
 *
 * Left out: `small[-1]` and `tail[3]` of `u32 tail[1]`. clang writes access strings
 * (0:1:4294967295, 0:1:3) that no loader takes. For `*t->small` and `t->cells->value` see
 * array_address.c. */
#include "shapes.h"

struct cell {
  u32 key;
  u32 value;
  u16 tail[4];
} RELOCATABLE;

typedef u32 vector[4];

struct table {
  u64 first;
  u32 small[8];
  char comm[16];
  u32 grid[3][5];
  u16 cube[2][3][4];
  struct cell cells[4];
  struct cell plane[2][3];
  struct cell* pointers[4];
  vector row;
  vector rows[3];
  u64 wide[2];
} RELOCATABLE;

struct array_first {
  u32 items[4];
  u64 count;
} RELOCATABLE;

struct flexible {
  u32 count;
  struct cell tail[];
} RELOCATABLE;

struct flexible_bytes {
  u32 length;
  u8 data[];
} RELOCATABLE;

struct zero_size {
  u32 count;
  u32 tail[0];
} RELOCATABLE;

struct zero_size_in_between {
  u32 before;
  u32 marker[0];
  u32 after;
} RELOCATABLE;

struct one_element {
  u32 count;
  u32 tail[1];
} RELOCATABLE;

u64 constant_index(struct table* t) { return t->small[3]; }
u64 index_zero(struct table* t) { return t->small[0]; }
u64 last_index(struct table* t) { return t->small[7]; }
u64 dereferenced_array_plus_two(struct table* t) { return *(t->small + 2); }
u64 index_before_array(struct table* t) { return 2 [t->small]; }
u64 byte_of_name(struct table* t) { return t->comm[1]; }
u64 variable_index(struct table* t, u64 i) { return t->small[i & 7]; }
u64 variable_index_of_32_bits(struct table* t, u32 i) { return t->small[i & 7]; }
u64 variable_index_signed(struct table* t, s32 i) { return t->small[i & 7]; }
u64 variable_index_plus_one(struct table* t, u64 i) { return t->small[(i & 3) + 1]; }
u64 variable_pointer_sum(struct table* t, u64 i) { return *(t->small + (i & 7)); }
u64 grid_constant(struct table* t) { return t->grid[1][2]; }
u64 grid_first_row(struct table* t) { return t->grid[0][2]; }
u64 grid_first_column(struct table* t) { return t->grid[2][0]; }
u64 grid_variable_row(struct table* t, u64 i) { return t->grid[i & 1][2]; }
u64 grid_variable_column(struct table* t, u64 i) { return t->grid[1][i & 3]; }
u64 grid_variable(struct table* t, u64 i, u64 j) { return t->grid[i & 1][j & 3]; }
u64 cube_constant(struct table* t) { return t->cube[1][2][3]; }
u64 cube_zero(struct table* t) { return t->cube[0][0][0]; }
u64 cube_variable_first(struct table* t, u64 i) { return t->cube[i & 1][2][3]; }
u64 cube_variable_middle(struct table* t, u64 i) { return t->cube[1][i & 1][3]; }
u64 cube_variable_last(struct table* t, u64 i) { return t->cube[1][2][i & 3]; }
u64 record_element(struct table* t) { return t->cells[2].value; }
u64 record_element_zero(struct table* t) { return t->cells[0].key; }
u64 record_element_variable(struct table* t, u64 i) { return t->cells[i & 3].value; }
u64 record_element_variable_first(struct table* t, u64 i) { return t->cells[i & 3].key; }
u64 array_in_record_element(struct table* t) { return t->cells[2].tail[1]; }
u64 array_in_variable_element(struct table* t, u64 i) { return t->cells[i & 3].tail[1]; }
u64 variable_in_record_element(struct table* t, u64 i) { return t->cells[2].tail[i & 3]; }
u64 variable_in_variable_element(struct table* t, u64 i) { return t->cells[i & 3].tail[i & 3]; }
u64 plane_of_records(struct table* t) { return t->plane[1][2].value; }
u64 plane_of_records_variable(struct table* t, u64 i) { return t->plane[1][i & 1].value; }
u64 pointer_element(struct table* t) { return t->pointers[2]->value; }
u64 pointer_element_variable(struct table* t, u64 i) { return t->pointers[i & 3]->value; }
u64 array_typedef(struct table* t) { return t->row[2]; }
u64 array_of_array_typedef(struct table* t) { return t->rows[1][2]; }
u64 first_array(struct array_first* a) { return a->items[0]; }
u64 first_array_constant(struct array_first* a) { return a->items[2]; }
u64 first_array_variable(struct array_first* a, u64 i) { return a->items[i & 3]; }
u64 flexible_constant(struct flexible* f) { return f->tail[2].value; }
u64 flexible_zero(struct flexible* f) { return f->tail[0].value; }
u64 flexible_variable(struct flexible* f, u64 i) { return f->tail[i & 3].value; }
u64 flexible_byte(struct flexible_bytes* f) { return f->data[5]; }
u64 flexible_byte_variable(struct flexible_bytes* f, u64 i) { return f->data[i & 15]; }
u64 zero_size_constant(struct zero_size* z) { return z->tail[1]; }
u64 zero_size_variable(struct zero_size* z, u64 i) { return z->tail[i & 3]; }
u64 after_zero_size(struct zero_size_in_between* z) { return z->after; }
u64 one_element_zero(struct one_element* o) { return o->tail[0]; }
u64 one_element_variable(struct one_element* o, u64 i) { return o->tail[i & 3]; }
