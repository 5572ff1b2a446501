// Verify that an LLVM that it is not built with is an error that says how to get it.
// RUN: %compile %s -o %t.bc
// RUN: rm -rf %t && mkdir %t
// RUN: %refuses 2 %btfreloc emit --llvm 99 %t.bc -o %t/x.o | FileCheck %s

// CHECK: error[not-found]: there is no program `btfreloc-emit-99`
// CHECK: = help: {{.*}}LLVM
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
