// Verify that nested=inherit annotates members' records.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;nested=inherit>' -S | FileCheck %s

// CHECK: elementtype(%struct.inner)

struct inner {
  int x, y;
};
struct outer {
  int a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
