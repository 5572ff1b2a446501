// Verify that the report counts, for each record, accesses in the source and relocations in the
// object.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o | FileCheck %s

#include "kernel.h"

// CHECK: record       accesses  relocations
// CHECK-NEXT: file                1            1
// CHECK-NEXT: task_struct         3            2
// CHECK-EMPTY:
// CHECK-NEXT: 4 accesses relocated, 0 left as they are; {{.*}}.o: 2 programs, 3 relocations
static int dropped(struct task_struct *task) { return task->pid; }
SECTION("raw_tp/a") int a(struct task_struct *task) {
  dropped(task);
  return task->parent->tgid;
}
SECTION("raw_tp/b") int b(struct file *file) { return file->f_flags; }
