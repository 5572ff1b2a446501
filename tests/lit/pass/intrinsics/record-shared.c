// Verify that two accesses to a member share one global, and are told apart by their passthrough.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.b.{{[0-9a-f]+}}:0:4$0:1" =
// CHECK-NOT: = external global
// CHECK: call ptr @llvm.bpf.passthrough.p0.p0(i32 [[#FIRST:]],
// CHECK: call ptr @llvm.bpf.passthrough.p0.p0(i32 [[#FIRST + 1]],

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p, struct s *q) { return p->b + q->b; }
