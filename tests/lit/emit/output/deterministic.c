// Verify that the same input gives the same object each time, also from another folder.
// RUN: rm -rf %t && mkdir -p %t/other && cd %t && %compile %s -o in.bc
// RUN: %emit in.bc -o a.o && %emit in.bc -o b.o && cmp a.o b.o
// RUN: cd other && %emit ../in.bc -o c.o && cmp ../a.o c.o

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->parent->pid; }
