// Verify that nothing is left of the code that read a bitfield by this program's layout.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: phi i64
// CHECK-NOT: load
// CHECK: ret i32

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->mid; }
