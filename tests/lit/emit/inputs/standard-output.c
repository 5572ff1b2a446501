// Verify that -o - writes the object to standard output, and the report to standard error.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %compile %s -o in.bc && %emit in.bc -o file.o
// RUN: %emit in.bc -o - > piped.o 2> said && cmp file.o piped.o
// RUN: FileCheck %s < said

// CHECK: 1 access relocated

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
