// Verify that --panic exit works with -O0, too.
// RUN: %compile %s -o %t.bc && %emit %t.bc --panic exit -O0 -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-NOT: panic
__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
static int inner(int number) {
  if (number > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  return number * 3;
}
SECTION("raw_tp/a") int a(struct task_struct *task) { return inner(task->pid); }
