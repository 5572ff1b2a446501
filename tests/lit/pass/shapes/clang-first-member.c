// Verify that the first member is relocated, too: clang has a getelementptr of index 0 for it.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 0, i32 0)
// CHECK: load i64, ptr %[[A]]

struct s {
  long a;
} __attribute__((btf_decl_tag("btfreloc")));
long f(struct s *p) { return p->a; }
