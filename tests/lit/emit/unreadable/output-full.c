// Verify that output that cannot be written is an error, also as standard output.
// RUN: %compile %s -o %t.bc
// RUN: not %emit %t.bc -o /dev/full 2>&1 | FileCheck %s
// RUN: not %emit %t.bc -o - 2>&1 > /dev/full | FileCheck %s

// CHECK: error[io]: {{.*}}No space left on device

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
