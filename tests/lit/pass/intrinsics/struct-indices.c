// Verify that the two indices of a step differ where LLVM has padding or one field for several
// bitfields.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[END:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 {{2|3}}, i32 3)
// CHECK: load i64, ptr %[[END]]

struct s {
  int a;
  unsigned lo : 3, hi : 5;
  long end;
} __attribute__((btf_decl_tag("btfreloc")));
long f(struct s *p) { return p->end; }
