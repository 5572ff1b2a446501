// Verify that bitcode of a newer LLVM is an error that names both versions and the program that
// reads it.
// REQUIRES: newer-clang
// RUN: rm -rf %t && mkdir %t
// RUN: %newer-clang --target=bpf -g -O2 -emit-llvm -I%inputs -c %s -o %t.bc
// RUN: %refuses 2 %emit %t.bc -o %t/x.o | FileCheck %s

// CHECK: error[unsupported]: written by LLVM22{{.*}}, and this is LLVM 19{{.*}}
// CHECK-NEXT: --> {{.*}}.bc
// CHECK-NEXT: = help: --llvm 22
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
