// Verify that a record that a member only points to does not inherit the annotation.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK: load ptr, ptr %[[IN]]
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.inner, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: struct.access.index
// CHECK: ret i32

struct inner {
  int x, y;
};
struct outer {
  int a;
  struct inner *in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in->y; }
