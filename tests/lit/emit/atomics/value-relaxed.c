// Verify that an atomic operation without order gives the value that was there, where it is used:
// LLVM 22 forgets that.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o && %btfreloc dump --insns %t.o | FileCheck %s

#include "kernel.h"

u32 words[4];
u64 longs[4];
// CHECK: add_words  {{[0-9]+}} instructions
// CHECK: atomic_fetch_add((u32 *)
SECTION("raw_tp/a") int add_words(struct task_struct *task) {
  return __atomic_fetch_add(&words[0], task->pid, __ATOMIC_RELAXED);
}
// CHECK: and_words  {{[0-9]+}} instructions
// CHECK: atomic_fetch_and((u32 *)
SECTION("raw_tp/b") int and_words(struct task_struct *task) {
  return __atomic_fetch_and(&words[1], task->pid, __ATOMIC_RELAXED);
}
// CHECK: add_longs  {{[0-9]+}} instructions
// CHECK: atomic_fetch_add((u64 *)
SECTION("raw_tp/c") u64 add_longs(struct task_struct *task) {
  return __atomic_fetch_add(&longs[0], task->pid, __ATOMIC_RELAXED);
}
// CHECK: sub_longs  {{[0-9]+}} instructions
// CHECK: atomic_fetch_add((u64 *)
SECTION("raw_tp/d") u64 sub_longs(struct task_struct *task) {
  return __atomic_fetch_sub(&longs[1], task->pid, __ATOMIC_RELAXED);
}
