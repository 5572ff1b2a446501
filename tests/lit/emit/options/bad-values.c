// Verify that values that an option does not have are errors that list those it has.
// RUN: %compile %s -o %t.bc
// RUN: rm -rf %t && mkdir %t
// RUN: %refuses 2 %emit %t.bc -O9 -o %t/x.o | FileCheck --check-prefix=LEVEL %s
// RUN: %refuses 2 %emit %t.bc --mcpu v9 -o %t/x.o | FileCheck --check-prefix=CPU %s
// RUN: %refuses 2 %emit %t.bc --panic never -o %t/x.o | FileCheck --check-prefix=PANIC %s
// RUN: %refuses 2 %emit %t.bc --bitfields gcc -o %t/x.o | FileCheck --check-prefix=BITFIELDS %s
// RUN: %refuses 2 %emit %t.bc --nested go -o %t/x.o | FileCheck --check-prefix=NESTED %s
// RUN: %refuses 2 %emit %t.bc -o %t/x.o --allow all | FileCheck --check-prefix=ALLOW %s

// LEVEL: error[usage]: -O: 9 not in {0,1,2,3,s,z}
// CPU: error[usage]: --mcpu: v9 not in {generic,v1,v2,v3,v4}
// PANIC: error[usage]: --panic: never not in {link,exit}
// BITFIELDS: error[usage]: --bitfields: gcc not in {exact,clang}
// NESTED: error[usage]: --nested: go not in {inherit,stop}
// ALLOW: error[usage]: --allow: all not in {undefined,no-records}

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->pid; }
