// Verify that a volatile store stays volatile.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: store volatile i32 7, ptr %[[B]]

struct s {
  int a;
  volatile int b;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p) { p->b = 7; }
