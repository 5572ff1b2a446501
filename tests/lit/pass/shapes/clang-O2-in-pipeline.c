// Verify that clang -O2 runs the pass at the start of its pipeline, after variables were tied to
// stores (declare-to-assign), and that every access is found there all the same.
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -S -emit-llvm %s -o - | FileCheck %s

// CHECK: @"llvm.outer.in.y.{{[0-9a-f]+}}:0:12$0:1:1" =
// CHECK: define {{.*}}@f(
// CHECK: load i64, ptr @"llvm.outer.in.y.
// CHECK-NOT: getelementptr {{.*}}i64 12

struct inner {
  int x, y;
};
struct outer {
  long a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
