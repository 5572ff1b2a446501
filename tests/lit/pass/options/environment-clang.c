// Verify that clang takes the options from the environment.
// RUN: env BTFRELOC_PASS='structs=task' %clang --target=bpf -g -O2 -fpass-plugin=%plugin -S -emit-llvm %s -o - | FileCheck %s

// CHECK: @"llvm.task.b.{{[0-9a-f]+}}:0:4$0:1" =

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
