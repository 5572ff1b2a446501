// Verify that more than 512 bytes of stack are refused, once, in the function that has them.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

static long (*use)(void *) = (void *)7;
// CHECK: error[stack-limit]: more than 512 bytes of stack
// CHECK-NEXT: --> {{.*}}stack.c:{{[0-9]+}}
// CHECK: = note: in `a`
// CHECK: = help: keep large variables in a map
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  char buffer[700];
  use(buffer);
  return task->pid;
}
