// Verify that a program's own record of pointers leads to the kernel's.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: getelementptr inbounds{{( nuw)?}} %struct.mine, ptr %{{.*}}, i32 0, i32 1
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
struct mine {
  int n;
  struct s *s;
};
int f(struct mine *m) { return m->s->b; }
