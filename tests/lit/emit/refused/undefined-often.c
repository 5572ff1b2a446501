// Verify that a function that nobody defines is one error, however often it is called.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
// CHECK: error[undefined]: `nobody` is not defined
// CHECK-NEXT: --> {{.*}}undefined-often.c:[[#@LINE+3]]:62
// CHECK: = note: and 2 more uses of it
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return nobody(task->pid); }
SECTION("raw_tp/b") int b(struct task_struct *task) { return nobody(task->pid) + nobody(1); }
