// Verify that a variable that nobody defines is refused where it is used.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

extern int nobodys;
// CHECK: error[undefined]: `nobodys` is not defined
// CHECK-NEXT: --> {{.*}}undefined-variable.c:[[#@LINE+3]]:62
// CHECK: = help: {{.*}}.kconfig{{.*}}--allow undefined
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return nobodys + task->pid; }
