// Verify that --mattr adds single features.
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc --mcpu v1 --mattr=+alu32 -o %t.o && %btfreloc dump --insns %t.o | FileCheck %s

#include "kernel.h"

// CHECK: w0 += 0x7
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid + 7; }
