// Verify that the named pass and the one at the start of a pipeline are once together.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc,default<O2>' -S | FileCheck %s

// CHECK: @"llvm.s.b.{{.*}} = external global
// CHECK-NOT: = external global
// CHECK: call ptr @llvm.bpf.passthrough
// CHECK-NOT: call ptr @llvm.bpf.passthrough

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
