// Verify that a function ends in an exit also where LLVM writes nothing, behind a call that does
// not return.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %btfreloc dump --insns --program a %t.o | FileCheck %s

#include "kernel.h"

// CHECK: : call
// CHECK-NEXT: r0 = 0x0
// CHECK-NEXT: exit
NOINLINE __attribute__((noreturn)) static void stop(void) {
  while (1) asm volatile("");
}
SECTION("raw_tp/a") long a(struct task_struct *task) {
  if (task->pid) return 3;
  stop();
}
