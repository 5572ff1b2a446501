// Verify that a pass that is named has its options from there alone.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | env BTFRELOC_PASS='structs=task' %opt -load-pass-plugin %plugin -passes='btfreloc' -S | FileCheck %s

// CHECK: define {{.*}}@f(
// CHECK-NOT: llvm.bpf.passthrough
// CHECK: ret i32

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
