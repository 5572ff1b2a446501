// Verify that of an array with several dimensions the first index is a step of the relocation, and
// the second is not.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[M:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: %[[ROW:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype({{.*}}) %[[M]], i32 1, i32 1)
// CHECK-NOT: array.access.index
// CHECK: getelementptr {{.*}}i64 8
// CHECK: load i32

struct s {
  long a;
  int m[2][3];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->m[1][2]; }
