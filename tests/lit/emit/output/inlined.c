// Verify that a message about inlined code names the line of the program and where it is inlined
// from, and of a library's function the line that calls it.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
static int inlined(int number) { return nobody(number) * 2; }
// CHECK: error[undefined]: `nobody` is not defined
// CHECK-NEXT: --> {{.*}}inlined.c:{{[0-9]+}}
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return inlined(task->pid); }
