// Verify that the default is v3, and that generic means the same.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: %emit in.bc -o default.o && %emit in.bc --mcpu v3 -o v3.o && cmp default.o v3.o
// RUN: %emit in.bc --cpu generic -o generic.o && cmp default.o generic.o

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid < 7; }
