// Verify that a variable index over annotated records goes by their size in the kernel.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK: %[[SIZE:.*]] = call i32 @llvm.bpf.preserve.type.info(i32 0, i64 1){{.*}} !llvm.preserve.access.index ![[INNER:[0-9]+]]
// CHECK: %[[WIDE:.*]] = zext i32 %[[SIZE]] to i64
// CHECK: %[[BYTES:.*]] = mul i64 %{{.*}}, %[[WIDE]]
// CHECK: %[[E:.*]] = getelementptr i8, ptr %{{.*}}, i64 %[[BYTES]]
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[E]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
// CHECK: load i32, ptr %[[Y]]
// CHECK: ![[INNER]] = {{.*}}name: "inner"

struct inner {
  int x, y;
} __attribute__((btf_decl_tag("btfreloc")));
struct outer {
  long a;
  struct inner arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *p, long i) { return p->arr[i].y; }
