// Verify that the pass runs and the relocations are written with -O0, too.
// RUN: %clang --target=bpf -g -O0 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK: byte_off {{ *}}s.b {{ *}}8

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) int f(struct s *p) { return p->b; }
