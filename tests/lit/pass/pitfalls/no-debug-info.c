// Verify that code without debug info is an error.
// RUN: %clang --target=bpf -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s
// RUN: not %clang --target=bpf -O2 -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

// CHECK: error: {{.*}}btfreloc: there is no debug info to relocate by; compile with -g

int f(int *p) { return *p; }
