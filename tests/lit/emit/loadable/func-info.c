// Verify that each function of the object has its entry in BTF's func_info.
// RUN: %compile %s -o %t.bc && %emit %t.bc -o %t.o
// RUN: %btfreloc dump --raw %t.o | FileCheck %s

#include "kernel.h"

// CHECK-DAG: FUNC 'a' {{.*}}linkage=global
// CHECK-DAG: FUNC 'plain' {{.*}}linkage=global
// CHECK-DAG: FUNC 'own' {{.*}}linkage=static
NOINLINE int plain(struct task_struct *task) { return task->pid; }
NOINLINE static int own(struct task_struct *task) { return task->tgid; }
SECTION("raw_tp/a") int a(struct task_struct *task) { return plain(task) + own(task); }
