// Verify that a mask after the shift of a bitfield that ends its unit is not taken for a narrower
// bitfield of another record of the union: the code is the same for both.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S 2>&1 | FileCheck %s

// CHECK: not relocated: a bitfield of struct (anonymous) or of struct (anonymous)
// CHECK: define {{.*}}@f
// CHECK-NOT: @llvm.bpf.preserve.field.info.p0
// CHECK: ret i32

struct s {
  int z;
  union {
    struct {
      unsigned a : 8, b : 24;
    };
    struct {
      unsigned c : 8, d : 4, e : 20;
    };
  };
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->b & 15; }
