// Verify that the getelementptrs of clang -O0, one for each member, become one step each.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %[[T]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[OUTER:[0-9]+]]
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[IN]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[INNER:[0-9]+]]
// CHECK: load i32, ptr %[[Y]]
// CHECK-NOT: getelementptr
// CHECK: ![[OUTER]] = {{.*}}name: "outer"
// CHECK: ![[INNER]] = {{.*}}name: "inner"

struct inner {
  int x, y;
};
struct outer {
  long a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
