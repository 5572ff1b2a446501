// Verify that with --mcpu v2 what is of v3 is refused, each place with a line of its own.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc --mcpu v2 -o %t/x.o | FileCheck %s

#include "kernel.h"

u64 counter;
SECTION("raw_tp/a") u64 a(struct task_struct *task) {
  // CHECK: error[unsupported-atomic]: the old value of an atomic add
  // CHECK-NEXT: --> {{.*}}older-cpu.c:[[#@LINE+5]]:
  // CHECK: error[unsupported-atomic]: an atomic or
  // CHECK-NEXT: --> {{.*}}older-cpu.c:[[#@LINE+4]]:
  // CHECK: = help: v3
  // CHECK: errors: 2
  u64 old = __atomic_fetch_add(&counter, task->pid, __ATOMIC_RELAXED);
  __atomic_fetch_or(&counter, 1, __ATOMIC_RELAXED);
  return old;
}
