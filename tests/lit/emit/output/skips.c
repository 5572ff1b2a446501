// Verify that an access that is left as it is becomes a warning with its place and source line, and
// the object is written nevertheless.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o 2>&1 | FileCheck %s

#include "kernel.h"

// CHECK: warning[not-relocated]:
// CHECK-NEXT: --> {{.*}}skips.c:[[#@LINE+6]]:62
// CHECK-NEXT: |
// CHECK-NEXT: [[#@LINE+4]] | SECTION("raw_tp/b") int b(struct task_struct *task) { return ((short *)task)[3]; }
// CHECK-NEXT: | {{ *}}^
// CHECK-NEXT: = note: in `b`
// CHECK: 1 access relocated, 1 left as it is; {{.*}}.o: 2 programs, 1 relocation
SECTION("raw_tp/b") int b(struct task_struct *task) { return ((short *)task)[3]; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
