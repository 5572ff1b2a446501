// Verify that of a memset of a member the pointer is relocated.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[COMM:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: %[[KEPT:.*]] = call ptr asm "", "=r,0"(ptr %[[COMM]])
// CHECK: call void @llvm.memset.{{.*}}(ptr {{.*}}%[[KEPT]], i8 0, i64 16, i1 false)

struct s {
  long a;
  char comm[16];
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p) { __builtin_memset(p->comm, 0, 16); }
