// Verify that optimisation after the pass does not make one of two accesses at the same offset.
// RUN: %clang --target=bpf -g -O2 -fpass-plugin=%plugin -c %s -o %t.o
// RUN: btfreloc dump --core %t.o | FileCheck %s

// CHECK-DAG: byte_off {{ *}}a.x {{ *}}8
// CHECK-DAG: byte_off {{ *}}b.y {{ *}}8

struct a {
  long n;
  int x;
} __attribute__((btf_decl_tag("btfreloc")));
struct b {
  int n[2];
  int y;
} __attribute__((btf_decl_tag("btfreloc")));
__attribute__((section("raw_tp"))) int f(void *p, int c) {
  if (c) return ((struct a *)p)->x;
  return ((struct b *)p)->y;
}
