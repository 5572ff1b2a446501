// Verify that relocations of two types with one name do not share a global.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.b.[[FIRST:[0-9a-f]+]]:0:4$0:1" =
// CHECK-NOT: @"llvm.s.b.[[FIRST]]:
// CHECK: @"llvm.s.b.{{[0-9a-f]+}}:0:4$0:1" =

int f(void *v) {
  struct s {
    int a, b;
  } __attribute__((btf_decl_tag("btfreloc"))) *p = v;
  return p->b;
}
int g(void *v) {
  struct s {
    float a;
    int b;
  } __attribute__((btf_decl_tag("btfreloc"))) *p = v;
  return p->b;
}
