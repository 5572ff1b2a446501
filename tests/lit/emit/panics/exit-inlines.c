// Verify that --panic exit inlines functions that may panic, through any number of calls, though
// they are large and called often.
// RUN: %compile %s -o %t.bc && %emit %t.bc --panic exit -o %t.o | FileCheck %s
// RUN: %btfreloc dump --insns %t.o | FileCheck --check-prefix=CODE %s

#include "kernel.h"

// CHECK: 2 programs
// CODE-NOT: call
__attribute__((noreturn)) void _ZN4core9panicking5panic17h0123456789abcdefE(void);
int _ZN4main5inner17h0123456789abcdefE(int number) {
  if (number > 1000) _ZN4core9panicking5panic17h0123456789abcdefE();
  for (int i = 0; i < number; i++) asm volatile("r0 = 0" ::: "r0");
  for (int i = 0; i < number; i++) asm volatile("r2 = 0" ::: "r2");
  return number * 3;
}
int _ZN4main5outer17h0123456789abcdefE(int number) { return _ZN4main5inner17h0123456789abcdefE(number) + _ZN4main5inner17h0123456789abcdefE(number * 2); }
SECTION("raw_tp/a") int a(struct task_struct *task) { return _ZN4main5outer17h0123456789abcdefE(task->pid); }
SECTION("raw_tp/b") int b(struct task_struct *task) { return _ZN4main5outer17h0123456789abcdefE(task->tgid); }
