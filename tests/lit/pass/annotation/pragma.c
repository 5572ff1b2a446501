// Verify that a pragma annotates every record between push and pop, and no other.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define {{.*}}@f(
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task) %{{.*}}, i32 1, i32 1)
// CHECK: define {{.*}}@g(
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.mine, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: struct.access.index
// CHECK: ret i32

#pragma clang attribute push(__attribute__((btf_decl_tag("btfreloc"))), apply_to = record)
struct task {
  int a, b;
};
#pragma clang attribute pop
struct mine {
  int a, b;
};
int f(struct task *t) { return t->b; }
int g(struct mine *m) { return m->b; }
