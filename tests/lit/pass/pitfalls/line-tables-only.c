// Verify that debug info without types is an error.
// RUN: %clang --target=bpf -gline-tables-only -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s

// CHECK: error: {{.*}}btfreloc:

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
