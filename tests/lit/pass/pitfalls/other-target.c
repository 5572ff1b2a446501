// Verify that code for another target than BPF is left to the letter as it is.
// RUN: %clang --target=x86_64-linux-gnu -g -O0 -S -emit-llvm %s -o - | %opt -S -o %t.before.ll
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %t.before.ll -o %t.after.ll
// RUN: diff -I '^; ModuleID' -I '^source_filename' %t.before.ll %t.after.ll

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
