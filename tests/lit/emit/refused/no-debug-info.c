// Verify that a program without debug info is refused.
// RUN: rm -rf %t && mkdir %t && %compile -g0 %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[no-debug-info]: {{.*}}compile with -g
// CHECK-NEXT: --> {{.*}}no-debug-info.c.tmp.bc
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
