// Verify that an error in inline assembly is an error with the line of the source.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[{{.*}}]: {{.*}}colour
// CHECK: --> {{.*}}assembly.c:[[#@LINE+3]]
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  asm volatile("colour r1");
  return task->pid;
}
