// Verify that a volatile access stays volatile.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: load volatile i32, ptr %[[B]]

struct s {
  int a;
  volatile int b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
