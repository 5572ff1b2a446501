// Verify that byte offsets after clang -O2 are members, by the debug info of values.
// RUN: %clang --target=bpf -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}outer) %0, i32 {{[0-9]+}}, i32 1)
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}inner) %[[IN]], i32 {{[0-9]+}}, i32 1)
// CHECK: load i32, ptr %[[Y]]
// CHECK-NOT: getelementptr

struct inner {
  int x, y;
};
struct outer {
  long a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
