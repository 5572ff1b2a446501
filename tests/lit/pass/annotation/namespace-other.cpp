// Verify that a namespace of another name annotates nothing.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %{{.*}}task", ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: call ptr @llvm.preserve

namespace vmlinux2 {
struct task {
  int a, b;
};
}  // namespace vmlinux2
int f(vmlinux2::task *t) { return t->b; }
