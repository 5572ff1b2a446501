// Verify that a function that only inline assembly calls must be defined, too.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[undefined]: `nobody` is not defined
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  asm volatile("call nobody" ::: "r0", "r1", "r2", "r3", "r4", "r5");
  return task->pid;
}
