// Verify that an object that exists is replaced, and that a link stays one.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: echo older > real.o && ln -s real.o link.o
// RUN: %emit in.bc -o link.o && test -h link.o && %llvm-readelf -h real.o | FileCheck %s

// CHECK: ELF Header

#include "kernel.h"
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
