// Verify that debug info of lines only is refused: it has no types.
// RUN: rm -rf %t && mkdir %t && %compile -gline-tables-only %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[no-debug-info]: {{.*}}
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
