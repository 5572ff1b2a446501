// Verify that bitfields=clang asks for no shifts.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: struct.access.index
// CHECK-NOT: field.info

struct s {
  int a;
  unsigned lo : 3, hi : 5;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->hi; }
