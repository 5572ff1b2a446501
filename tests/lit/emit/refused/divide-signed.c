// Verify that a signed division, which instructions before v4 do not have, is refused with the cpu that has it.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[{{.*}}]: {{.*}}signed division
// CHECK-NEXT: --> {{.*}}divide-signed.c:[[#@LINE+3]]:72
// CHECK: v4
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid / task->tgid; }
