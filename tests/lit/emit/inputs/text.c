// Verify that IR text is an input like bitcode, and gives the same object.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %compile %s -o in.bc
// RUN: %compile -S %s -o in.ll
// RUN: %emit in.bc -o from-bitcode.o && %emit in.ll -o from-text.o
// RUN: cmp from-bitcode.o from-text.o

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->parent->tgid; }
