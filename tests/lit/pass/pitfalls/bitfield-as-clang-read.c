// Verify that with bitfields=clang the storage is relocated, and the shift and mask stay.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[MID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 2)
// CHECK: %[[UNIT:.*]] = load i32, ptr %[[MID]]
// CHECK: %[[DOWN:.*]] = lshr i32 %[[UNIT]], 3
// CHECK: and i32 %[[DOWN]], 127
// CHECK-NOT: field.info

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->mid; }
