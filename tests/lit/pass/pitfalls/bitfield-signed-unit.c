// Verify that a signed bitfield that fills its storage unit is extended by its sign.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: phi i64
// CHECK: shl i64
// CHECK: ashr i64

struct s {
  signed char z;
  int bits : 8;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->bits; }
