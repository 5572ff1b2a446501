// Verify that a pointer of another address space is left and said.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -pass-remarks-missed=btfreloc -S 2>&1 | FileCheck %s

// CHECK: not relocated: a pointer to another address space
// CHECK: define {{.*}}@f
// CHECK-NOT: @llvm.bpf.passthrough
// CHECK: ret i32

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s __attribute__((address_space(1))) *p) { return p->b; }
