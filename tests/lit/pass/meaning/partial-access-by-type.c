// Verify that a part of an array's element is relocated where clang's getelementptr names the
// element.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[H:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: %[[E:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype([4 x [2 x i8]]) %[[H]], i32 1, i32 1)
// CHECK: load i32, ptr %{{.*}}

struct s {
  long a;
  short h[4];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return *(int *)&p->h[1]; }
