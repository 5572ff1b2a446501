// Verify that memory of the stack of a size that is not known when compiled is refused.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

static long (*use)(void *) = (void *)7;
// CHECK: error[{{.*}}]: {{.*}}dynamic
// CHECK-NEXT: --> {{.*}}alloca.c:[[#@LINE+3]]
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  char buffer[task->pid];
  use(buffer);
  return task->tgid;
}
