// Verify that the pass does nothing when it comes again.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %t.ll -o %t.once.ll
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc,btfreloc -S %t.ll -o %t.twice.ll
// RUN: diff %t.once.ll %t.twice.ll
// RUN: grep -q btf_ama %t.once.ll

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p, struct s *q) { return p->b + (int)q->c; }
