// Verify that a member beside an empty one at the same byte is the one that is meant.
// RUN: %clang --target=bpf -std=c++20 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.c.{{[0-9a-f]+}}:0:0$0:1"

namespace vmlinux {
struct empty {};
struct s {
  [[no_unique_address]] empty e;
  char c;
  int x;
};
}
int f(vmlinux::s *p) { return p->c; }
