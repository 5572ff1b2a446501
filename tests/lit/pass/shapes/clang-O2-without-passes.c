// Verify that the code of clang -O2 is understood before its passes ran.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %[[T]], i32 1, i32 1)
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[IN]], i32 1, i32 1)
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
