// Verify that a cast in C is another variable: each access goes by the type that it is written
// with.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]
// CHECK: %[[D:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.other) %{{.*}}, i32 1, i32 1)
// CHECK: load i64, ptr %[[D]]

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
struct other {
  long c, d;
} __attribute__((btf_decl_tag("btfreloc")));
long f(struct task *p) { return p->b + ((struct other *)p)->d; }
