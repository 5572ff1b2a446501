// Verify that a record inside of a record of the namespace is annotated.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

namespace vmlinux {
struct outer {
  struct task {
    int a, b;
  };
};
}  // namespace vmlinux
int f(vmlinux::outer::task *t) { return t->b; }
