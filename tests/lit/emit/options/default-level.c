// Verify that the default is -O2.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: %emit in.bc -o default.o && %emit in.bc -O2 -o two.o && cmp default.o two.o

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
