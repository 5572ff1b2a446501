// Verify that subprograms are in .text, also cold ones, which LLVM would put into .text.unlikely:
// libbpf knows no other section for them.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %llvm-readelf -S %t.o | FileCheck --check-prefix=SECTIONS %s
// RUN: %btfreloc dump %t.o | FileCheck %s

#include "kernel.h"

// SECTIONS-NOT: .text.
// SECTIONS: ] .text {{.*}} AX
// SECTIONS-NOT: .text.
// CHECK-DAG: .text{{ .*}}cold
// CHECK-DAG: .text{{ .*}}hot
__attribute__((cold)) NOINLINE static int cold(struct task_struct *task) { return task->pid; }
__attribute__((hot)) NOINLINE static int hot(struct task_struct *task) { return task->tgid; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return hot(task) ? cold(task) : 0; }
