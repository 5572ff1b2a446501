// Verify that the relocation of a matrix's element is that of its row, as clang has it.
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK: byte_off {{ *}}s.m[1] {{ *}}20{{$}}

struct s {
  long a;
  int m[2][3];
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) int f(struct s *p) { return p->m[1][2]; }
