// Verify that an undefined name in the initial value of a variable is refused.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
// CHECK: error[undefined]: `nobody` is not defined
// CHECK: = note: a variable's initial value refers to it
// CHECK: errors: 1
int (*table[])(int) = {nobody};
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
