// Verify that a member that is an annotated record is the root, behind the plain bytes of the
// record around it.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = getelementptr {{.*}}i8, ptr %{{.*}}, i64 4
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[IN]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
// CHECK: load i32, ptr %[[Y]]
// CHECK: ![[MD]] = {{.*}}name: "inner"

struct inner {
  int x, y;
} __attribute__((btf_decl_tag("btfreloc")));
struct outer {
  int a;
  struct inner in;
};
int f(struct outer *o) { return o->in.y; }
