// Verify that an empty variable is no option.
// RUN: env BTFRELOC_PASS= %clang --target=bpf -g -O2 -fpass-plugin=%plugin -S -emit-llvm %s -o - | FileCheck %s

// CHECK: @"llvm.task.b.{{[0-9a-f]+}}:0:4$0:1" =

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct task *t) { return t->b; }
