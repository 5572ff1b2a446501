// Verify that a kernel's record with the name and members of an own one is relocated.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define {{.*}}@_Z1h
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%"struct.vmlinux::task") %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]
// CHECK: ret i32
// CHECK: define {{.*}}@_Z1f
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %"struct.mine::task"
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: ret i32

namespace vmlinux {
struct task {
  int a, b;
};
}  // namespace vmlinux
namespace mine {
struct task {
  int a, b;
};
}  // namespace mine
int h(void *p) { return static_cast<vmlinux::task *>(p)->b; }
int f(void *p) { return static_cast<mine::task *>(p)->b; }
