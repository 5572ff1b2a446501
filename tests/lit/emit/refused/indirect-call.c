// Verify that a call through a pointer is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int (*which)(int);
// CHECK: error[indirect-call]: a call through a pointer
// CHECK-NEXT: --> {{.*}}indirect-call.c:[[#@LINE+3]]:62
// CHECK: = help: call the function by its name
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return which(task->pid); }
