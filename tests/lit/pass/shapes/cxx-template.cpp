// Verify that the struct type of a class template, whose name has lost its arguments, is its
// record.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[T]], i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
// CHECK: load i64, ptr %[[B]]
// CHECK: ![[MD]] = {{.*}}name: "pair{{.*}}", {{.*}}size: 128

namespace vmlinux {
template <class T>
struct pair {
  T a, b;
};
}  // namespace vmlinux
long f(vmlinux::pair<long> *t) { return t->b; }
