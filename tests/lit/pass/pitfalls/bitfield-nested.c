// Verify that the bitfield of a member is found behind the member.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) null, i32 1, i32 1)
// CHECK: %[[HI:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[IN]], i32 {{[0-9]+}}, i32 2)
// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[HI]], i64 0)
// CHECK: phi i64

struct s {
  int a;
  unsigned lo : 3, hi : 5;
} ;
struct outer {
  long a;
  struct s in;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct outer *p) { return p->in.hi; }
