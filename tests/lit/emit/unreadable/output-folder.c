// Verify that an output in a folder that does not exist, and one that is a folder, are errors.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: not %emit %t.bc -o %t/nowhere/x.o 2>&1 | FileCheck %s
// RUN: not %emit %t.bc -o %t 2>&1 | FileCheck %s

// CHECK: error[io]: {{.+}}
// CHECK-NEXT: --> {{.*}}output-folder.c.tmp

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
