// Verify that a function with variable arguments is refused where it is defined.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[{{.*}}]: {{.*}}{{[Vv]ar}}
// CHECK-NEXT: --> {{.*}}varargs.c:[[#@LINE+2]]
// CHECK: errors: 1
int sum(int count, ...) { return count; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
