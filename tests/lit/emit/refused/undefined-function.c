// Verify that a function that nobody defines is refused where it is called, with what helps.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
// CHECK: error[undefined]: `nobody` is not defined
// CHECK-NEXT: --> {{.*}}undefined-function.c:[[#@LINE+4]]:62
// CHECK: = note: in `a`
// CHECK: = help: {{.*}}.ksyms{{.*}}--allow undefined
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return nobody(task->pid); }
