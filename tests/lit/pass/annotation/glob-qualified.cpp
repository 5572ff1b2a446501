// Verify that a pattern may be one of the qualified name.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=kernel::*>' -S | FileCheck %s

// CHECK: define {{.*}}f
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %{{.*}}, i32 1, i32 1)
// CHECK: define {{.*}}g
// CHECK: getelementptr inbounds{{( nuw)?}} %"struct.user::task", ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: struct.access.index
// CHECK: ret i32

namespace kernel {
struct task {
  int a, b;
};
}  // namespace kernel
namespace user {
struct task {
  int a, b;
};
}  // namespace user
int f(kernel::task *t) { return t->b; }
int g(user::task *t) { return t->b; }
