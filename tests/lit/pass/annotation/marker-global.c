// Verify that a global pointer named __btfreloc_* annotates what it points to, and is gone.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK-NOT: @__btfreloc_task
// CHECK: define
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]
// CHECK-NOT: __btfreloc_task

struct task {
  int a, b;
};
static const struct task *const __btfreloc_task __attribute__((used));
int f(struct task *t) { return t->b; }
