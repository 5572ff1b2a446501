// Verify that a large switch becomes no jump through a table, which LLVM 22 makes of it for v4: Linux
// has that since 6.19, and v4 is 6.6.
// RUN: %compile %s -o %t.bc && %emit %t.bc --mcpu v4 -o %t.o
// RUN: %llvm-readelf -S %t.o | FileCheck %s

#include "kernel.h"

// CHECK: raw_tp/a
// CHECK-NOT: .jumptables
static long (*const one)(int) = (void *)5;
static long (*const two)(int, int) = (void *)6;
SECTION("raw_tp/a") int a(struct task_struct *task) {
  switch (task->pid) {
    case 0: return one(3);
    case 1: return two(4, 5) + task->tgid;
    case 2: return one(task->comm[0]) * 7;
    case 3: return two(1, task->comm[1]);
    case 4: return task->comm[5];
    case 5: return one(task->parent->pid);
    case 6: return task->parent->tgid + one(9);
    case 7: return two(8, 1) - 3;
    case 8: return one(2) << 3;
    case 9: return one(1) ^ one(2);
    case 10: return one(2) + 4;
    case 11: return two(2, task->comm[7]);
    case 12: return two(9, 9) | 3;
    case 13: return two(9, 10) | 9;
    case 14: return two(9, 11) | 5;
    default: return 77;
  }
}
