// Verify that --panic exit makes the end of the program of a trap, too, which core::intrinsics::abort()
// is.
// RUN: %compile %s -o %t.bc && %emit %t.bc --panic exit -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-NOT: {{abort|trap}}
SECTION("raw_tp/a") int a(struct task_struct *task) {
  if (task->pid > 5) __builtin_trap();
  return task->tgid;
}
