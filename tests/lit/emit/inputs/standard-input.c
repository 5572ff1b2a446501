// Verify that - is standard input, for bitcode and for text.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %compile %s -o in.bc && %emit in.bc -o file.o
// RUN: %compile %s -o - | %emit - -o bitcode.o
// RUN: %compile -S %s -o - | %emit - -o text.o
// RUN: cmp file.o bitcode.o && cmp file.o text.o

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
