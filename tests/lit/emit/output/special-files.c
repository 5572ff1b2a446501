// Verify that the output may be a device or a pipe.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o /dev/null
// RUN: %emit %t.bc -o /dev/stdout 2> /dev/null | %llvm-readelf -h - | FileCheck %s

// CHECK: ELF Header

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
