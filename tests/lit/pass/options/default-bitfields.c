// Verify that without bitfields= it is exact.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %{{.*}}, i64 4)

struct s {
  int a;
  unsigned lo : 3, hi : 5;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->hi; }
