// Verify that the address of an atomic update is relocated, and nothing else of it changes.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: atomicrmw add ptr %[[B]], i64 1 seq_cst

struct s {
  long a, b;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p) { __sync_fetch_and_add(&p->b, 1); }
