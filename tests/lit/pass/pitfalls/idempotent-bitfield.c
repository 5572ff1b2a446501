// Verify that the code that reads a bitfield is not rewritten again.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %t.ll -o %t.once.ll
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc,btfreloc -S %t.ll -o %t.twice.ll
// RUN: diff %t.once.ll %t.twice.ll
// RUN: grep -q btf_ama %t.once.ll

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p) { p->mid += p->hi; }
