// Verify that --emit-llvm writes bitcode to any other file and to standard output, and that LLVM's
// tools read it.
// RUN: %compile %s -o %t.in.bc && %emit %t.in.bc --emit-llvm -o %t.bc
// RUN: %llvm-dis %t.bc -o - | FileCheck %s
// RUN: %emit %t.in.bc --emit-llvm -o - | %llvm-dis - -o - | FileCheck %s

#include "kernel.h"

// CHECK: @"llvm.task_struct.{{.*}}:0:4$0:1" = external {{.*}}global i64
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->tgid; }
