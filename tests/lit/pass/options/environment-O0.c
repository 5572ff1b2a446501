// Verify that the pass runs at the start of default<O0>, too.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | env BTFRELOC_PASS='structs=task' %opt -load-pass-plugin %plugin -passes='default<O0>' -S | FileCheck %s

// CHECK: @"llvm.task.b.{{[0-9a-f]+}}:0:4$0:1" =

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
