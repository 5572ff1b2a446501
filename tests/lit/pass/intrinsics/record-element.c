// Verify that a relocation's access string has the element's index, and its local value the offset.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.arr.{{[0-9a-f]+}}:0:16$0:1:3" =

struct s {
  int a;
  int arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->arr[3]; }
