// Verify that --panic exit makes of a panic the end of the program, which returns 0.
// RUN: %compile %s -o %t.bc && %emit %t.bc --panic exit -o %t.o
// RUN: %btfreloc dump --insns %t.o | FileCheck %s
// RUN: %llvm-nm %t.o | FileCheck --check-prefix=NAMES %s

#include "kernel.h"

// NAMES-NOT: panic
// CHECK-NOT: call
// CHECK: 0x0
// CHECK: exit
__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
SECTION("raw_tp/a") long a(struct task_struct *task) {
  if (task->pid > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  return task->comm[task->pid & 7];
}
