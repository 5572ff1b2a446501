// Verify that a typedef of an anonymous record is written into the object's relocation, as clang
// does.
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK: byte_off anon_t.b 4

typedef struct {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc"))) anon_t;
__attribute__((section("raw_tp"))) int f(anon_t *p) { return p->b; }
