// Verify that records can be made of intrinsics by a second run.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | %opt -load-pass-plugin %plugin -passes=btfreloc-lower-access -S | FileCheck %s

// CHECK: @"llvm.s.b.{{.*}}:0:8$0:1" =
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
