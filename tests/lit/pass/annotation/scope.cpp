// Verify that scope= names the namespaces, in the place of vmlinux.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;scope=kernel>' -S | FileCheck %s

// CHECK: define {{.*}}f
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %{{.*}}, i32 1, i32 1)
// CHECK: define {{.*}}g
// CHECK: getelementptr inbounds{{( nuw)?}} %"struct.vmlinux::task", ptr %{{.*}}, i32 0, i32 1

namespace kernel {
struct task {
  int a, b;
};
}  // namespace kernel
namespace vmlinux {
struct task {
  int a, b;
};
}  // namespace vmlinux
int f(kernel::task *t) { return t->b; }
int g(vmlinux::task *t) { return t->b; }
