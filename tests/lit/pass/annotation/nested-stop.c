// Verify that nested=stop ends the relocation at a member whose type is not annotated itself.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;nested=stop>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK-NOT: struct.access.index
// CHECK: %[[Y:.*]] = getelementptr {{.*}}i64 4
// CHECK: load i32
// CHECK-NOT: struct.access.index.p0.p0(ptr elementtype(%struct.inner)

struct inner {
  int x, y;
};
struct outer {
  int a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
