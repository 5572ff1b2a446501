// Verify that a bitfield is named by its index in the debug info, while its storage has another in
// the LLVM type.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 1, i32 2)
// CHECK: load i8, ptr %[[B]]

struct s {
  int a;
  unsigned lo : 3, hi : 5;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->hi; }
