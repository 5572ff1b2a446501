// Verify that with nested=stop a path may go in and out of annotated records: one relocation for
// each stretch.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;nested=stop>' -S | FileCheck %s

// CHECK: %[[MID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[OUTER:[0-9]+]]
// CHECK: %[[IN:.*]] = getelementptr {{.*}}i8, ptr %[[MID]], i64 4
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[IN]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[INNER:[0-9]+]]
// CHECK: load i32, ptr %[[Y]]
// CHECK-DAG: ![[OUTER]] = {{.*}}name: "outer"
// CHECK-DAG: ![[INNER]] = {{.*}}name: "inner"

struct inner {
  int x, y;
} __attribute__((btf_decl_tag("btfreloc")));
struct middle {
  int a;
  struct inner in;
};
struct outer {
  int a;
  struct middle mid;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->mid.in.y; }
