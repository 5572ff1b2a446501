// Verify that a record of a function in an annotated namespace is the program's own.
// RUN: %clang --target=bpf -std=c++17 -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define {{.*}}@_ZN7vmlinux1fEPv
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: ret i32

namespace vmlinux {
int f(void *p) {
  struct local {
    int a, b;
  };
  return static_cast<local *>(p)->b;
}
}
