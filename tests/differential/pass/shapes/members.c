/* One member of a record, of every scalar type and qualifier. */
#include "shapes.h"

enum state { STATE_IDLE, STATE_BUSY, STATE_DEAD = 64 };
enum tiny { TINY_ZERO, TINY_ONE } __attribute__((packed));
enum wide { WIDE_ONE = 1, WIDE_HUGE = 0x100000000ull };
typedef u32 pid_t;
typedef struct task* task_ref;
typedef u64 (*hook_fn)(struct task*);

struct task {
  u64 first;
  s8 nice;
  u8 flag;
  s16 delta;
  u16 port;
  s32 error;
  u32 cpu;
  s64 balance;
  unsigned long size;
  _Bool alive;
  char letter;
  enum state state;
  enum tiny tiny;
  enum wide wide;
  pid_t pid;
  volatile u32 ticks;
  const u32 birthday;
  struct task* restrict peer;
  task_ref parent;
  void* cookie;
  hook_fn hook;
  u64 (*plain_hook)(u64 argument);
  __int128 huge;
  u8 last;
} RELOCATABLE;

u64 first_member(struct task* t) { return t->first; }
s64 signed_char(struct task* t) { return t->nice; }
u64 unsigned_char(struct task* t) { return t->flag; }
s64 signed_short(struct task* t) { return t->delta; }
u64 unsigned_short(struct task* t) { return t->port; }
s64 signed_int(struct task* t) { return t->error; }
u64 unsigned_int(struct task* t) { return t->cpu; }
s64 long_long(struct task* t) { return t->balance; }
u64 unsigned_long(struct task* t) { return t->size; }
_Bool boolean(struct task* t) { return t->alive; }
u64 boolean_as_condition(struct task* t) { return t->alive ? 5 : 9; }
char plain_char(struct task* t) { return t->letter; }
enum state enumeration(struct task* t) { return t->state; }
u64 packed_enumeration(struct task* t) { return t->tiny; }
u64 enumeration_of_8_bytes(struct task* t) { return t->wide; }
u64 member_of_typedef(struct task* t) { return t->pid; }
u64 volatile_member(struct task* t) { return t->ticks + t->ticks; }
u64 const_member(struct task* t) { return t->birthday; }
void* restrict_pointer(struct task* t) { return t->peer; }
void* pointer_typedef(struct task* t) { return t->parent; }
void* void_pointer(struct task* t) { return t->cookie; }
u64 function_pointer_is_set(struct task* t) { return t->hook != 0; }
u64 half_of_128_bits(struct task* t) { return (u64)t->huge; }
u64 last_member(struct task* t) { return t->last; }
u64 through_const_pointer(const struct task* t) { return t->cpu; }
u64 through_volatile_pointer(volatile struct task* t) { return t->cpu; }
u64 through_const_volatile_restrict(const volatile struct task* restrict t) { return t->cpu; }
u64 dereference_then_dot(struct task* t) { return (*t).cpu; }
u64 narrowed(struct task* t) { return (u8)t->balance; }
u64 same_member_twice(struct task* t) { return t->cpu * t->cpu; }
u64 several_members(struct task* t) { return t->cpu + t->port + t->flag + t->first; }
