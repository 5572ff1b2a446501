// Verify that an addition without use of the value needs nothing of v3.
// RUN: %compile %s -o %t.bc && %emit %t.bc --mcpu v1 -o %t.o && %btfreloc dump --insns %t.o | FileCheck %s

#include "kernel.h"

u64 counter;
// CHECK: lock *(u64 *)({{.*}}) += r
// CHECK-NOT: fetch
SECTION("raw_tp/a") int a(struct task_struct *task) {
  __atomic_fetch_add(&counter, task->pid, __ATOMIC_RELAXED);
  return 0;
}
