// Verify that IR text that ends early is an error with the line.
// RUN: rm -rf %t && mkdir %t && %compile -S %s -o %t.ll && head -n 20 %t.ll > %t.cut.ll
// RUN: %refuses 2 %emit %t.cut.ll -o %t/x.o | FileCheck %s

// CHECK: error[bad-format]: line {{[0-9]+}}:
// CHECK-NEXT: --> {{.*}}.cut.ll
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
