// Verify that every place is an error of its own, in the order of the source.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
int no_one(int number);
// CHECK: error[undefined]: `nobody` is not defined
// CHECK-NEXT: --> {{.*}}several-places.c:[[#@LINE+5]]:
// CHECK: error[undefined]: `no_one` is not defined
// CHECK-NEXT: --> {{.*}}several-places.c:[[#@LINE+4]]:
// CHECK: errors: 2
SECTION("raw_tp/z")
int z(struct task_struct *task) { return nobody(task->pid); }
SECTION("raw_tp/a") int a(struct task_struct *task) { return no_one(task->pid); }
