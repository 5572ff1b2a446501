// Verify that a variable index of a pointer goes by the record's size in the kernel, and the member
// is relocated from there.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[SIZE:.*]] = call i32 @llvm.bpf.preserve.type.info(i32 0, i64 1)
// CHECK: %[[WIDE:.*]] = zext i32 %[[SIZE]] to i64
// CHECK: %[[BYTES:.*]] = mul i64 %{{.*}}, %[[WIDE]]
// CHECK: %[[E:.*]] = getelementptr i8, ptr %{{.*}}, i64 %[[BYTES]]
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[E]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p, long i) { return p[i].b; }
