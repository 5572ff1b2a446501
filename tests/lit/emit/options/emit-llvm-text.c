// Verify that --emit-llvm writes text to a file named .ll: optimised, with the records of the pass.
// RUN: %compile %s -o %t.bc && %emit %t.bc --emit-llvm -o %t.ll
// RUN: FileCheck %s < %t.ll

#include "kernel.h"

// CHECK: @"llvm.task_struct.{{.*}}:0:4$0:1" = external {{.*}}global i64
// CHECK: define {{.*}}@program({{.*}} section "raw_tp/sys_enter"
// CHECK-NOT: alloca
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->tgid; }
