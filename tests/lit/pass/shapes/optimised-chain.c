// Verify that after clang -O2 pointers are followed from member to member.
// RUN: %clang --target=bpf -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[NEXT:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}s) %0, i32 {{[0-9]+}}, i32 1)
// CHECK: %[[P:.*]] = load ptr, ptr %[[NEXT]]
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}s) %[[P]], i32 {{[0-9]+}}, i32 2)
// CHECK: load i32, ptr %[[B]]

struct s {
  long a;
  struct s *next;
  int b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->next->b; }
