// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The rarer kinds of BTF: DECL_TAG on types, members, functions, arguments, variables and typedefs;
 * TYPE_TAG one and several deep; FLOAT (long double is as wide as double on this target); FWD of a
 * struct and of a union; pointers to functions, to nothing and to pointers; RESTRICT, and empty,
 * nested and self-referring types.
 */
#include "bpf.h"

#define decl_tag(text) __attribute__((btf_decl_tag(text)))
#define type_tag(text) __attribute__((btf_type_tag(text)))
#define __user type_tag("user")
#define __rcu type_tag("rcu")
#define __kptr type_tag("kptr")

struct only_declared;
union only_declared_union;

struct empty {};

typedef int (*callback_t)(struct only_declared* one, union only_declared_union* two, ...);
typedef void no_arguments_t(void);
typedef __u32 decl_tag("unit:packets") tagged_typedef;

struct tagged {
  int plain;
  int member decl_tag("protected_by:lock") decl_tag("second tag of this member");
  tagged_typedef packets;
  void __user* buffer;
  struct tagged __rcu* next;
  struct only_declared __kptr* owned;
  /* In words: pointer tagged "rcu" to a pointer tagged "user" to const char. */
  const char __user* __rcu* strings;
  struct only_declared* one;
  union only_declared_union* two;
  callback_t callback;
  no_arguments_t* nothing;
  int (*(*returns_a_function)(int (*argument)(void)))(const void* restrict, __u64);
  struct empty empty;
} decl_tag("a struct") decl_tag("a struct, again") __core;

union tagged_union {
  float single;
  double precise;
  long double exact;
  struct {
    int left, right;
  } nested;
} decl_tag("a union");

struct numbers {
  float array[3];
  double value;
  const volatile double* pointer;
};

int tagged_variable decl_tag("a variable");
struct numbers numbers;
union tagged_union either;

static __noinline decl_tag("a function") int tagged_function(
    struct tagged* tagged decl_tag("arg:nonnull"), int number decl_tag("arg:trusted")) {
  int member = 0;
  core_read(&member, &tagged->member);
  return member + number;
}

/* What the kernel reads: a global function whose argument is a context by tag, not by type. */
__noinline int global_with_context(void* ctx decl_tag("arg:ctx")) {
  barrier_var(ctx);
  return ctx != 0;
}

SEC("tp_btf/sched_switch") int uses_tags(__u64* ctx) {
  struct tagged* tagged = (void*)ctx[0];
  void* pointers[2] = {};
  core_read(&pointers[0], &tagged->buffer);
  core_read(&pointers[1], &tagged->strings);
  tagged_variable += core_field_exists(tagged->next) + core_field_exists(tagged->callback) +
                     core_type_exists(callback_t) + core_field_byte_size(tagged->packets);
  numbers.pointer = 0;
  either.nested.left = pointers[0] != pointers[1];
  return tagged_function(tagged, tagged_variable) + global_with_context(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
