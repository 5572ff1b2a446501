// Verify that with bitfields=clang a write is one of the relocated storage.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[MID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 2)
// CHECK: load i32, ptr %[[MID]]
// CHECK: store i32 %{{.*}}, ptr %[[MID]]
// CHECK-NOT: field.info

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p, unsigned v) { p->mid = v; }
