// Verify that a pattern matches the typedef of a record without a name.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=task_t>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

typedef struct {
  int a, b;
} task_t;
int f(task_t *t) { return t->b; }
