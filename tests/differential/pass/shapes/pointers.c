/* Chains of pointers, and where the first pointer comes from. */
#include "shapes.h"

struct file {
  u64 flags;
  u32 mode;
} RELOCATABLE;

struct mm {
  u64 total;
  struct file* exe;
  struct file** files;
} RELOCATABLE;

struct task {
  u64 state;
  struct task* parent;
  struct mm* mm;
  const struct mm* const active_mm;
  struct mm* spare[2];
  u32 pid;
  void* stack;
} RELOCATABLE;

struct wrapper { /* ours: not the kernel's, not relocated */
  u64 key;
  struct task* task;
};

struct cursor { /* ours, with pointers in an array */
  struct task* tasks[4];
};

struct task* current_task;
static struct task* hidden_task;
struct wrapper global_wrapper;
extern struct task* next_task(struct task* previous);
extern struct task* imported_task;

static __attribute__((noinline)) struct task* parent_of(struct task* t) { return t->parent; }
static inline __attribute__((always_inline)) u32 pid_of(struct task* t) { return t->pid; }
static inline __attribute__((always_inline)) struct mm* mm_of(struct task* t) {
  return t->mm ? t->mm : t->spare[0];
}

u64 two_pointers(struct task* t) { return t->mm->total; }
u64 three_pointers(struct task* t) { return t->parent->mm->exe->mode; }
u64 same_type_chain(struct task* t) { return t->parent->parent->parent->pid; }
u64 double_pointer(struct task** t) { return (*t)->pid; }
u64 double_pointer_element(struct task** t) { return t[2]->pid; }
u64 double_pointer_variable(struct task** t, u64 i) { return t[i]->pid; }
u64 triple_pointer(struct task*** t) { return (**t)->pid; }
u64 double_pointer_member(struct mm* m) { return (*m->files)->mode; }
u64 double_pointer_member_element(struct mm* m) { return m->files[1]->mode; }
u64 pointer_to_const_member(struct task* t) { return t->active_mm->total; }
u64 array_of_pointers(struct task* t) { return t->spare[1]->total; }
u64 null_check_then_chain(struct task* t) { return t->mm ? t->mm->total : 0; }
u64 through_variable(struct task* t) {
  struct mm* mm = t->mm;
  if (!mm) return 0;
  return mm->total;
}
u64 variable_reassigned(struct task* t) {
  struct task* walk = t;
  walk = walk->parent;
  walk = walk->parent;
  return walk->pid;
}
u64 global_pointer(void) { return current_task->pid; }
u64 global_static_pointer(void) { return hidden_task->pid; }
void set_static_pointer(struct task* t) { hidden_task = t->parent; }
u64 imported_pointer(void) { return imported_task->pid; }
u64 static_local_pointer(struct task* t) {
  static struct task* last;
  if (t->pid) last = t;
  return last ? last->pid : 0;
}
u64 pointer_in_own_record(struct wrapper* w) { return w->task->pid; }
u64 pointer_in_own_global(void) { return global_wrapper.task->mm->total; }
u64 pointer_in_own_array(struct cursor* c) { return c->tasks[2]->pid; }
u64 pointer_in_local_record(struct task* t) {
  struct wrapper w = {.key = t->pid, .task = t->parent};
  take(&w);
  return w.task->pid;
}
u64 result_of_extern_function(struct task* t) { return next_task(t)->pid; }
u64 result_of_static_function(struct task* t) { return parent_of(t)->pid; }
u64 inlined_function(struct task* t) { return pid_of(t); }
u64 inlined_function_of_member(struct task* t) { return pid_of(t->parent); }
u64 inlined_function_result(struct task* t) { return mm_of(t)->total; }
u64 cast_of_context(u64* ctx) { return ((struct task*)ctx[2])->pid; }
u64 cast_of_context_to_variable(u64* ctx) {
  struct task* t = (void*)ctx[1];
  return t->pid;
}
u64 cast_of_context_and_chain(u64* ctx) { return ((struct task*)ctx[0])->mm->total; }
u64 cast_of_long(long address) { return ((struct task*)address)->pid; }
u64 cast_of_void_pointer(void* p) { return ((struct task*)p)->pid; }
u64 cast_of_void_member(struct task* t) { return ((struct file*)t->stack)->mode; }
u64 cast_of_constant(void) { return ((struct task*)0xffff888000000000ul)->pid; }
u64 unused_parameter_beside(u64 a, struct task* t, u64 b) { return a + t->pid + b; }
