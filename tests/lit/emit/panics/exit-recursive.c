// Verify that where --panic exit cannot help, the message does not offer it, but says why: the
// function calls itself.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc --panic exit -o %t/x.o | FileCheck %s

#include "kernel.h"

__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
static int product(int number) {
  // CHECK: error[undefined-panic]
  // CHECK-NEXT: --> {{.*}}exit-recursive.c:[[#@LINE+4]]
  // CHECK-NOT: --panic exit
  // CHECK: {{inline}}
  // CHECK: errors: 1
  if (number > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  return number < 2 ? number : product(number - 1) * product(number - 2);
}
SECTION("raw_tp/a") int a(struct task_struct *task) { return product(task->pid); }
