// Verify that the code of clang -O1 is understood.
// RUN: %clang --target=bpf -g -O1 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}s) %0, i32 {{[0-9]+}}, i32 1)
// CHECK: load i32, ptr %[[B]]
// CHECK-NOT: getelementptr

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
