// Verify that IR for bpfeb becomes a big-endian object with the same relocations.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %compile-be %s -o be.bc && %emit be.bc -o be.o
// RUN: %compile %s -o le.bc && %emit le.bc -o le.o
// RUN: %llvm-readelf -h be.o | FileCheck %s
// RUN: %btfreloc dump --core be.o > be.txt && %btfreloc dump --core le.o > le.txt && diff be.txt le.txt

// CHECK: 2's complement, big endian

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->parent->tgid; }
