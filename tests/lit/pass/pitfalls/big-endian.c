// Verify that code for a big-endian target is relocated as for the other.
// RUN: %clang --target=bpfeb -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: byte_off {{ *}}s.b {{ *}}8
// CHECK-DAG: byte_off {{ *}}s.c {{ *}}16

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) long f(struct s *p) { return p->b + p->c; }
