// Verify that a tag behind the name of a typedef annotates the record without a name.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.struct.access.index.p0.p0({{.*}}, i32 1, i32 1)
// CHECK-NOT: btf_decl_tag

typedef struct {
  int a, b;
} task_t __attribute__((btf_decl_tag("btfreloc")));
int f(task_t *t) { return t->b; }
