// Verify that bitcode that ends early is an error, wherever it ends.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: for size in 4 8 40 100 300 1000 2000 3000; do \
// RUN:   head -c $size %t.bc > %t.cut && %refuses 2 %emit %t.cut -o %t/x.o > %t.said || exit 1; \
// RUN:   FileCheck %s < %t.said || exit 1; \
// RUN: done

// CHECK: error[bad-format]: broken bitcode: {{.+}}
// CHECK-NEXT: --> {{.*}}.cut
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
