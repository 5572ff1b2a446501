// Verify that a panic that nothing defines is refused where it may happen, with what helps.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
SECTION("raw_tp/a") long a(struct task_struct *task) {
  // CHECK: error[undefined-panic]: `core::panicking::panic{{.*}}` is not defined
  // CHECK-NEXT: --> {{.*}}undefined.c:[[#@LINE+4]]:25
  // CHECK-NOT: error
  // CHECK: = help: {{.*}}--panic exit
  // CHECK: errors: 1
  if (task->pid > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  return task->pid;
}
