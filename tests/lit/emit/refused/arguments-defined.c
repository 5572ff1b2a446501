// Verify that a function with more than five arguments is refused where it is defined.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[too-many-arguments]: more than five
// CHECK-NEXT: --> {{.*}}arguments-defined.c:[[#@LINE+3]]
// CHECK: = note: in `sum`
// CHECK: errors: 1
int sum(int a, int b, int c, int d, int e, int f) { return a + b * c + d * e + f; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
