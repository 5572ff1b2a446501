// Verify that an option that does not exist is an error, and what is meant is guessed.
// RUN: %compile %s -o %t.bc
// RUN: rm -rf %t && mkdir %t
// RUN: %refuses 2 %emit %t.bc --strikt -o %t/x.o | FileCheck %s
// RUN: %refuses 2 %emitter %t.bc --strikt -o %t/x.o | FileCheck --check-prefix=ERROR %s

// CHECK: error[usage]: {{.*}}--strikt
// CHECK-NEXT: = help: did you mean `--strict`?
// CHECK: errors: 1
// ERROR: error[usage]: {{.*}}--strikt
// ERROR: errors: 1

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
