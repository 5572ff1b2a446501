// Verify that the names of --structs and --scope that found nothing are in the message.
// RUN: rm -rf %t && mkdir %t && %compile %s -o %t.bc
// RUN: %refuses 1 %emit %t.bc --structs 'task_*' --scope kernel,vmlinux -o %t/x.o | FileCheck %s

// CHECK: error[no-records]
// CHECK: tried: records in a namespace or module named kernel or vmlinux; names like task_*;

struct own { int pid; };
__attribute__((section("raw_tp/a"))) int a(struct own *own) { return own->pid; }
