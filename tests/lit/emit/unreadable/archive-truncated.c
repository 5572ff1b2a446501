// Verify that an archive with broken bitcode is an error that names the member.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o whole.bc && head -c 400 whole.bc > cut.bc
// RUN: %llvm-ar rc lib.a cut.bc
// RUN: mkdir out && %refuses 2 %emit whole.bc --lib lib.a -o out/x.o | FileCheck %s

// CHECK: error[bad-format]: broken bitcode: {{.+}}
// CHECK-NEXT: --> lib.a(cut.bc)
// CHECK: errors: 1

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
