/* Functions called through members, which LLVM compiles and no kernel loads. */
#include "shapes.h"

struct task;
typedef u64 (*hook_fn)(struct task*);

struct task {
  u64 first;
  u32 cpu;
  hook_fn hook;
  u64 (*plain_hook)(u64 argument);
} RELOCATABLE;

u64 call_of_function_pointer(struct task* t) { return t->hook(t); }
u64 call_of_plain_function_pointer(struct task* t) { return t->plain_hook(t->cpu); }
