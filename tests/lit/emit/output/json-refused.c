// Verify that --json says what is refused, too, with null for the output, and its exit status is 1.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: not %emit %t.bc --json -o %t/x.o > %t.json && test ! -e %t/x.o
// RUN: %json 'report["output"], [(f["line"], f["level"], f["code"]) for f in report["findings"]]' < %t.json | FileCheck %s

#include "kernel.h"

int nobody(int number);
// CHECK: (None, [([[#@LINE+1]], 'error', 'undefined')])
SECTION("raw_tp/a") int a(struct task_struct *task) { return nobody(task->pid); }
