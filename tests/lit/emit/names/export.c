// Verify that --export keeps a mangled name global, also one that nothing uses.
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc --export _ZN4main3one17h0123456789abcdefE --export _ZN4main3two17h0123456789abcdefE -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-NOT: three
// CHECK-DAG: T _ZN4main3one17h0123456789abcdefE
// CHECK-DAG: T _ZN4main3two17h0123456789abcdefE
// CHECK-NOT: three
int _ZN4main3one17h0123456789abcdefE(int number) { return number; }
int _ZN4main3two17h0123456789abcdefE(int number) { return number; }
int _ZN4main5three17h0123456789abcdefE(int number) { return number; }
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
