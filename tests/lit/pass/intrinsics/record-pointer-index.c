// Verify that an index of the pointer is the first number of the access string.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.b.{{[0-9a-f]+}}:0:28$3:1" =

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p[3].b; }
