// Verify that a quotient of 128 bits is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

unsigned __int128 left, right, quotient;
// CHECK: error[library-call]: {{.*}}__udivti3
// CHECK-NEXT: --> {{.*}}divide-wide.c:[[#@LINE+3]]
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  quotient = left / right;
  return task->pid;
}
