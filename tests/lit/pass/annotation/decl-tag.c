// Verify that btf_decl_tag("btfreloc") annotates a record.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task) %[[T]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct task *t) { return t->b; }
