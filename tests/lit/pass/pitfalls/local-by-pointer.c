// Verify that a pointer to a local variable, once it is a variable itself, is one to a record:
// nothing tells whose memory it is.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define {{.*}}@f(
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.s, ptr %{{[0-9]+}}, i32 0, i32 1
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: ret i32
// CHECK: define {{.*}}@g(
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(void) {
  struct s s = {};
  return s.b;
}
int g(struct s *p) { return p->b; }
