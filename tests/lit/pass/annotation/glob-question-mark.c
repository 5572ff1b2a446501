// Verify that `?` in a pattern stands for one character.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=rq?>' -S | FileCheck %s

// CHECK: define {{.*}}@f(
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.rq1) %{{.*}}, i32 1, i32 1)
// CHECK: define {{.*}}@g(
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.rq, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: struct.access.index
// CHECK: ret i32

struct rq1 {
  int a, b;
};
struct rq {
  int a, b;
};
int f(struct rq1 *t) { return t->b; }
int g(struct rq *m) { return m->b; }
