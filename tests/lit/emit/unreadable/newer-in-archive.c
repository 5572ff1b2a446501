// Verify that so is a member of an archive, which is named.
// REQUIRES: newer-clang
// RUN: rm -rf %t && mkdir %t && cd %t && mkdir out && %compile %s -o old.bc
// RUN: %newer-clang --target=bpf -g -O2 -emit-llvm -I%inputs -c %s -o new.bc && %llvm-ar rc lib.a new.bc
// RUN: %refuses 2 %emit old.bc lib.a -o out/x.o | FileCheck %s

// CHECK: error[unsupported]: written by LLVM22
// CHECK-NEXT: --> lib.a(new.bc)
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
