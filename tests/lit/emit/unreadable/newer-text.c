// Verify that so is IR text of a newer clang.
// REQUIRES: newer-clang
// RUN: rm -rf %t && mkdir %t
// RUN: %newer-clang --target=bpf -g -O2 -emit-llvm -I%inputs -S %s -o %t.ll
// RUN: %refuses 2 %emit %t.ll -o %t/x.o | FileCheck %s

// CHECK: error[unsupported]: written by {{.*}}clang{{.*}}22{{.*}}, and this is LLVM 19
// CHECK-NEXT: --> {{.*}}.ll
// CHECK-NEXT: = help: --llvm 22
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
