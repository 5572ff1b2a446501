// Verify that the left shift of a bitfield counts from the other end on a big-endian target.
// RUN: %clang --target=bpfeb -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: byte_off {{ *}}s.mid {{ *}}4
// CHECK-DAG: byte_sz {{ *}}s.mid {{ *}}4
// CHECK-DAG: lshift_u64 {{ *}}s.mid {{ *}}35
// CHECK-DAG: rshift_u64 {{ *}}s.mid {{ *}}57

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) unsigned f(struct s *p) { return p->mid; }
