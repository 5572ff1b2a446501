// Verify that --allow no-records compiles a program that reads no record of the kernel.
// RUN: %compile %s -o %t.bc && %emit %t.bc --allow no-records -o %t.o | FileCheck %s

// CHECK-NOT: record {{.*}}accesses
// CHECK: 0 accesses relocated, 0 left as they are; {{.*}}.o: 1 program, 0 relocations
__attribute__((section("raw_tp/a"))) int a(int *number) { return *number; }
