// Verify that the address of a compare and exchange is relocated.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: cmpxchg ptr %[[B]], i64 %{{.*}} seq_cst seq_cst

struct s {
  long a, b;
} __attribute__((btf_decl_tag("btfreloc")));
long f(struct s *p, long old, long new) { return __sync_val_compare_and_swap(&p->b, old, new); }
