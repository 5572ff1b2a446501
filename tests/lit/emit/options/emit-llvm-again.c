// Verify that what --emit-llvm wrote is an input with the same relocations: what has been relocated
// stays.
// RUN: rm -rf %t && mkdir %t && cd %t && %compile %s -o in.bc
// RUN: %emit in.bc -o once.o && %emit in.bc --emit-llvm -o again.ll && %emit again.ll -o twice.o
// RUN: %btfreloc dump --core once.o > once.txt && %btfreloc dump --core twice.o > twice.txt
// RUN: diff once.txt twice.txt

#include "kernel.h"
SECTION("raw_tp/sys_enter") int program(struct task_struct *task) { return task->parent->tgid; }
