// Verify that a copy that LLVM makes a call of memcpy of is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

char from[4096], to[4096];
// CHECK: error[library-call]: {{.*}}memcpy
// CHECK-NEXT: --> {{.*}}copy-large.c:[[#@LINE+4]]
// CHECK: = help: {{.*}}1024 bytes
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  __builtin_memcpy(to, from, sizeof to);
  return task->pid;
}
