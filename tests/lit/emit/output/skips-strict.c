// Verify that with --strict the same is an error, each place once, and nothing is written.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc --strict -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[not-relocated]:
// CHECK-NEXT: --> {{.*}}skips-strict.c:[[#@LINE+4]]:
// CHECK: error[not-relocated]:
// CHECK-NEXT: --> {{.*}}skips-strict.c:[[#@LINE+3]]:
// CHECK: errors: 2
SECTION("raw_tp/b") int b(struct task_struct *task) { return ((short *)task)[3]; }
SECTION("raw_tp/c") int c(struct task_struct *task) { return ((short *)task)[5]; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
