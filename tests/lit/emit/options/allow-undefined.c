// Verify that --allow undefined leaves names for a linker of objects.
// RUN: %compile %s -o %t.bc && %emit %t.bc --allow undefined -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

int nobody(int number);
extern int nobodys;
// CHECK-DAG: U nobody{{$}}
// CHECK-DAG: U nobodys{{$}}
SECTION("raw_tp/a") int a(struct task_struct *task) { return nobody(task->pid) + nobodys; }
