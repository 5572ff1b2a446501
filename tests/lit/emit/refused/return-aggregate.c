// Verify that a function that returns more than fits a register is refused.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

struct pair { u64 a, b, c; };
NOINLINE __int128 wide(u64 number) { return (__int128)number << 7; }
// CHECK: error[too-large-return]: a value of more than one register is returned
// CHECK-NEXT: --> {{.*}}return-aggregate.c:[[#@LINE-2]]
// CHECK: = help: pass a pointer to a struct
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
