// Verify that a copy of a whole record is left as it is.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: call void @llvm.memcpy.{{.*}}(ptr align 8 %{{[0-9]+}}, ptr align 8 %{{[0-9]+}}, i64 24, i1 false)
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *d, struct s *s) { *d = *s; }
