// Verify that a copy of a size that is not known when compiled is refused, too.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

char from[4096], to[4096];
// CHECK: error[library-call]: {{.*}}memcpy
// CHECK-NEXT: --> {{.*}}copy-unknown-size.c:[[#@LINE+3]]
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  __builtin_memcpy(to, from, task->pid);
  return task->tgid;
}
