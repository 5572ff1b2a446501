// Verify that a record without annotation is left alone.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.task, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: call ptr @llvm.preserve

struct task {
  int a, b;
};
int f(struct task *t) { return t->b; }
