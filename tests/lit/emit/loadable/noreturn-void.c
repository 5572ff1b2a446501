// Verify that so does a function without a value.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %btfreloc dump --insns --program never %t.o | FileCheck %s

#include "kernel.h"

// CHECK: : call
// CHECK-NEXT: exit
NOINLINE __attribute__((noreturn)) static void stop(void) {
  while (1) asm volatile("");
}
NOINLINE void never(void) { stop(); }
SECTION("raw_tp/a") int a(struct task_struct *task) {
  if (task->pid) never();
  return 3;
}
