/* Records in records. A record defined inside another, named or not, inherits clang's attribute;
 * all others here carry their own. */
#include "shapes.h"

struct leaf {
  u32 x;
  u32 y;
} RELOCATABLE;

struct branch {
  struct leaf left;
  u64 weight;
  struct leaf right;
} RELOCATABLE;

struct tree {
  struct branch trunk;
  u64 age;
  struct branch crown;
  struct leaf only;
  struct {
    u32 anonymous_x;
    u32 anonymous_y;
    struct {
      u16 deep_x;
      u16 deep_y;
    };
  };
  struct {
    u32 x;
    u64 y;
  } unnamed;
  struct named_inside {
    u32 x;
    u32 y;
  } inside;
} RELOCATABLE;

struct starts_with_anonymous {
  struct {
    u32 a;
    u32 b;
  };
  u32 c;
} RELOCATABLE;

struct one_member {
  u64 value;
} RELOCATABLE;

struct wraps_one_member {
  struct one_member only;
} RELOCATABLE;

struct wraps_wrapper {
  struct wraps_one_member only;
} RELOCATABLE;

u64 second_of_nested(struct tree* t) { return t->only.y; }
u64 first_of_nested(struct tree* t) { return t->only.x; }
u64 three_levels(struct tree* t) { return t->crown.right.y; }
u64 three_levels_first_of_last(struct tree* t) { return t->crown.right.x; }
u64 nested_first(struct tree* t) { return t->trunk.weight; }
u64 first_of_first_of_first(struct tree* t) { return t->trunk.left.x; }
u64 second_of_first_of_first(struct tree* t) { return t->trunk.left.y; }
u64 anonymous_struct(struct tree* t) { return t->anonymous_y; }
u64 anonymous_struct_first(struct tree* t) { return t->anonymous_x; }
u64 anonymous_in_anonymous(struct tree* t) { return t->deep_y; }
u64 anonymous_in_anonymous_first(struct tree* t) { return t->deep_x; }
u64 member_of_unnamed_type(struct tree* t) { return t->unnamed.y; }
u64 first_member_of_unnamed_type(struct tree* t) { return t->unnamed.x; }
u64 type_named_inside(struct tree* t) { return t->inside.y; }
u64 anonymous_struct_comes_first(struct starts_with_anonymous* s) { return s->a + s->b + s->c; }
u64 only_member(struct one_member* s) { return s->value; }
u64 only_member_of_only_member(struct wraps_wrapper* s) { return s->only.only.value; }
u64 nested_in_parentheses(struct tree* t) { return ((t->crown).right).y; }
u64 nested_through_address(struct tree* t) { return (&(&t->crown)->right)->y; }
u64 nested_through_variable(struct tree* t) {
  struct branch* crown = &t->crown;
  struct leaf* right = &crown->right;
  return right->y;
}
