// Verify that each level of -O gives an object with the same relocations, and -O0 keeps calls that
// -O2 inlines.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: for level in 0 1 2 3 s z; do \
// RUN:   %emit in.bc -O$level -o $level.o && %btfreloc dump --core $level.o > $level.txt || exit 1; \
// RUN:   FileCheck %s < $level.txt || exit 1; \
// RUN: done
// RUN: %btfreloc dump --insns 0.o | FileCheck --check-prefix=CALLS %s
// RUN: %btfreloc dump --insns 2.o | FileCheck --check-prefix=INLINED %s

#include "kernel.h"

// CHECK-DAG: byte_off  task_struct.parent  24
// CHECK-DAG: byte_off  task_struct.tgid  4
// CALLS: call -0x1
// INLINED-NOT: call
static int tgid_of(struct task_struct *task) { return task->tgid; }
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return tgid_of(task->parent); }
