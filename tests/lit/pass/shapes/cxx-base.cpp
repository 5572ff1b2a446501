// Verify that a member of a base class is reached through the base, which has no name.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[BASE:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[T]], i32 0, i32 0)
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%"struct.vmlinux::base") %[[BASE]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

namespace vmlinux {
struct base {
  int a, b;
};
struct derived : base {
  int c;
};
}  // namespace vmlinux
int f(vmlinux::derived *t) { return t->b; }
