// Verify that after clang -O2 a load without any getelementptr is one of the first member.
// RUN: %clang --target=bpf -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}s) %0, i32 0, i32 0)
// CHECK: load i32, ptr %[[A]]

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->a; }
