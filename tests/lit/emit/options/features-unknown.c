// Verify that a feature that LLVM does not have is an error that lists those it has.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 2 %emit %t.bc --mattr=+colour -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[not-found]: no feature is named `colour`
// CHECK: = help: there are {{.*}}alu32
// CHECK: errors: 1
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
