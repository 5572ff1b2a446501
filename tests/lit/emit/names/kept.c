// Verify that functions and variables with plain names stay global though nothing uses them, and
// static ones do not.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-NOT: not_used
// CHECK-DAG: T global_function
// CHECK-DAG: D global_variable
// CHECK-DAG: T program
// CHECK-NOT: not_used
static int not_used(int number) { return number; }
int global_variable = 7;
int global_function(int number) { return number; }
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
