// Verify that --export-symbols reads such names from a file, one a line.
// RUN: printf '_ZN4main3one17h0123456789abcdefE\n\n_ZN4main3two17h0123456789abcdefE' > %t.txt
// RUN: %compile %s -o %t.bc
// RUN: %emit %t.bc --export-symbols %t.txt -o %t.o
// RUN: %llvm-nm %t.o | FileCheck %s

#include "kernel.h"

// CHECK-DAG: T _ZN4main3one17h0123456789abcdefE
// CHECK-DAG: T _ZN4main3two17h0123456789abcdefE
int _ZN4main3one17h0123456789abcdefE(int number) { return number; }
int _ZN4main3two17h0123456789abcdefE(int number) { return number; }
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
