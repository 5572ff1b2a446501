// Verify that floating point is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

double left, right, sum;
// CHECK: error[library-call]: {{.*}}__adddf3
// CHECK-NEXT: --> {{.*}}float.c:[[#@LINE+4]]
// CHECK: = help: {{.*}}floating point
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  sum = left + right;
  return task->pid;
}
