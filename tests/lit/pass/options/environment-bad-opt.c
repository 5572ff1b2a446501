// Verify that a bad option in the environment is an error of opt.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o %t.ll
// RUN: env BTFRELOC_PASS=colour not %opt -load-pass-plugin %plugin -passes='default<O2>' -disable-output %t.ll 2>&1 | FileCheck %s

// CHECK: BTFRELOC_PASS: no option `colour`; there are scope=NAME,...,

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
