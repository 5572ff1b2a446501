// Verify that a call with more than five arguments is refused where it stands, beside its definition.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[too-many-arguments]: more than five
// CHECK-NEXT: --> {{.*}}arguments-called.c:[[#@LINE+1]]
NOINLINE static int sum(int a, int b, int c, int d, int e, int f) {
  asm volatile("");
  return a + b * c + d * e + f;
}
SECTION("raw_tp/a") int a(struct task_struct *task) {
  // CHECK: error[too-many-arguments]: more than five
  // CHECK-NEXT: --> {{.*}}arguments-called.c:[[#@LINE+3]]:10
  // CHECK: = help: pass a pointer to a struct
  // CHECK: errors: 2
  return sum(task->pid, task->tgid, task->comm[0], task->comm[1], task->comm[2], task->comm[3]);
}
