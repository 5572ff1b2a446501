// Verify that a product of 128 bits is refused where it stands.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

__int128 left, right, product;
// CHECK: error[library-call]: {{.*}}__multi3
// CHECK-NEXT: --> {{.*}}multiply-wide.c:[[#@LINE+3]]
// CHECK: errors: 1
SECTION("raw_tp/a") int a(struct task_struct *task) {
  product = left * right;
  return task->pid;
}
