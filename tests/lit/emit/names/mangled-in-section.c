// Verify that what stands in a section of its own is kept, whatever its name.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-DAG: D _ZN4main3MAPE
// CHECK-DAG: T _ZN4main7program17h0123456789abcdefE
int _ZN4main3MAPE SECTION(".maps");
__attribute__((section("raw_tp/sys_enter"))) int _ZN4main7program17h0123456789abcdefE(struct task_struct *task) {
  return task->pid;
}
