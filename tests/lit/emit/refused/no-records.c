// Verify that a program that reads no record of the kernel is refused: what was looked for, and what there is.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc -o %t/x.o | FileCheck %s

#include "kernel.h"

// CHECK: error[no-records]: no record is said to be laid out by the kernel
// CHECK: = note: tried: records in a namespace or module named vmlinux; btf_decl_tag("btfreloc"); markers
// CHECK: = note: the debug info has `other`, `own`
// CHECK: = help: {{.*}}--structs{{.*}}--allow no-records
// CHECK: errors: 1
struct own { int pid; };
struct other { int number; } other;
SECTION("raw_tp/a") int a(struct own *own) { return own->pid + other.number; }
