// Verify that a jump through a table, of computed goto, is refused.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[{{.*}}]
// CHECK-NEXT: --> {{.*}}indirect-jump.c:{{[0-9]+}}
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  static void *const places[] = {&&one, &&two};
  goto *places[task->pid & 1];
one:
  return 1;
two:
  return task->tgid;
}
