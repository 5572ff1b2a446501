// Verify that IR for another target is an error that names it.
// RUN: rm -rf %t && mkdir %t && %compile-host --target=x86_64-linux-gnu %s -o %t.bc
// RUN: %refuses 2 %emit %t.bc -o %t/x.o | FileCheck %s

// CHECK: error[unsupported]: it is for `x86_64{{.*}}`, not for BPF
// CHECK-NEXT: --> {{.*}}target.c.tmp.bc
// CHECK-NEXT: = help: compile for bpfel or bpfeb
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
