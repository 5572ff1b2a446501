// Verify that an atomic operation on a byte is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

u8 counter;
// CHECK: error[unsupported-atomic]: an atomic add of other than 4 or 8 bytes
// CHECK-NEXT: --> {{.*}}atomic-narrow.c:[[#@LINE+4]]:3
// CHECK: = help: {{.*}}4 and 8 bytes
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
  return task->pid;
}
