// Verify that a class is annotated and accessed as a struct is.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%"class.vmlinux::task") %[[T]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

namespace vmlinux {
class task {
 public:
  int a, b;
};
}  // namespace vmlinux
int f(vmlinux::task *t) { return t->b; }
