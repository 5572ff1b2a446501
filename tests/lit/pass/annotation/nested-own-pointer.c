// Verify that a record that inherits its annotation has it everywhere, by its own pointers, too.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[Y]]

struct inner {
  int x, y;
};
struct outer {
  int a;
  struct inner in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o, struct inner *i) { return i->y; }
