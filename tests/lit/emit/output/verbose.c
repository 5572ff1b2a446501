// Verify that -v lists each access with file, line and column before the summary.
// RUN: %compile %s -o %t.bc && %emit %t.bc -v -o %t.o | FileCheck %s

#include "kernel.h"

// CHECK: {{.*}}verbose.c:[[#@LINE+5]]:16: task_struct.pid
// CHECK-NEXT: {{.*}}verbose.c:[[#@LINE+4]]:28: task_struct.parent
// CHECK-NEXT: {{.*}}verbose.c:[[#@LINE+3]]:36: task_struct.tgid
// CHECK: 3 accesses relocated
SECTION("raw_tp/a") int a(struct task_struct *task) {
  return task->pid ? task->parent->tgid : 0;
}
