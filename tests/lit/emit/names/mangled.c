// Verify that what has a name that rustc made up is internal: inlined
// and dropped.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-NOT: {{_ZN|_RNv}}
// CHECK: T program
// CHECK-NOT: {{_ZN|_RNv}}
int _ZN4main6helper17h0123456789abcdefE(struct task_struct *task) { return task->pid; }
int _RNvCs1234_4main6helper(struct task_struct *task) { return task->tgid; }
int _ZN4main6nobody17h0123456789abcdefE(int number) { return number; }
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) {
  return _ZN4main6helper17h0123456789abcdefE(task) + _RNvCs1234_4main6helper(task);
}
