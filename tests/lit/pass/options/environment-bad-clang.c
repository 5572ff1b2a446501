// Verify that a bad option in the environment is an error of clang.
// RUN: env BTFRELOC_PASS=colour not %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

// CHECK: BTFRELOC_PASS: no option `colour`; there are scope=NAME,...,

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
