// Verify that --panic exit refuses panics in functions that must not be inlined: a BPF program
// returns from itself and from nowhere deeper.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc --panic exit -o %t/x.o | FileCheck %s

#include "kernel.h"

__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
NOINLINE static int inner(int number) {
  // CHECK: error[undefined-panic]: `core::panicking::panic{{.*}}` is not defined
  // CHECK-NEXT: --> {{.*}}exit-noinline.c:[[#@LINE+1]]
  if (number > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  return number * 3;
}
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) { return inner(task->pid); }
