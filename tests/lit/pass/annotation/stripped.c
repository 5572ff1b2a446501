// Verify that the tags that annotate are gone from the result, and that others stay.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK-NOT: btfreloc"}
// CHECK-NOT: "preserve_access_index"
// CHECK: !{!"btf_decl_tag", !"kept"}
// CHECK-NOT: btfreloc"}
// CHECK-NOT: "preserve_access_index"

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc"))) __attribute__((btf_decl_tag("kept"))) __attribute__((btf_decl_tag("preserve_access_index")));
int f(struct task *t) { return t->b; }
