// Verify that a function that LLVM finds is never left has an exit, as every program must.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %btfreloc dump --insns --program b %t.o | FileCheck %s

#include "kernel.h"

// CHECK: exit
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
SECTION("raw_tp/b") int b(void) { __builtin_unreachable(); }
