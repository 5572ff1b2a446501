// Verify that a file of names to export that is not there is an error.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 2 %emit %t.bc --export-symbols %t.nothing -o %t/x.o | FileCheck %s

// CHECK: error[io]: cannot open: No such file or directory
// CHECK-NEXT: --> {{.*}}.nothing
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int program(struct task_struct *task) { return task->pid; }
