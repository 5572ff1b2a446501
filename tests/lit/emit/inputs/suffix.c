// Verify that what an input is depends on its content, not on its name.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %compile %s -o bitcode.ll
// RUN: %compile -S %s -o text.o
// RUN: %emit bitcode.ll -o a.out && %emit text.o -o b.out
// RUN: cmp a.out b.out

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
