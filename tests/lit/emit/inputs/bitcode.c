// Verify that bitcode becomes an object with a relocation for each access.
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc -o %t.o | FileCheck --check-prefix=SAYS %s
// RUN: %btfreloc dump --core %t.o | FileCheck %s

// SAYS: 2 accesses relocated, 0 left as they are; {{.*}}.o: 1 program, 2 relocations

#include "kernel.h"

// CHECK: raw_tp/sys_enter  parent  3 instructions, 2 relocations
// CHECK: byte_off  task_struct.parent  24
// CHECK: byte_off  task_struct.tgid  4
SECTION("raw_tp/sys_enter") int parent(struct task_struct *task) { return task->parent->tgid; }
