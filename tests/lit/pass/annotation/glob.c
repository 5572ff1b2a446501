// Verify that structs= annotates the records whose names match a pattern.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=task*>' -S | FileCheck %s

// CHECK: define {{.*}}@f(
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task_struct) %{{.*}}, i32 1, i32 1)
// CHECK: define {{.*}}@g(
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.my_task, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: struct.access.index
// CHECK: ret i32

struct task_struct {
  int a, b;
};
struct my_task {
  int a, b;
};
int f(struct task_struct *t) { return t->b; }
int g(struct my_task *m) { return m->b; }
