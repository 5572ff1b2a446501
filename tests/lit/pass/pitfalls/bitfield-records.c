// Verify the relocations that a read of a bitfield has in the object, and their values here.
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: byte_off {{ *}}s.mid {{ *}}4
// CHECK-DAG: byte_sz {{ *}}s.mid {{ *}}4
// CHECK-DAG: lshift_u64 {{ *}}s.mid {{ *}}54
// CHECK-DAG: rshift_u64 {{ *}}s.mid {{ *}}57

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) unsigned f(struct s *p) { return p->mid; }
