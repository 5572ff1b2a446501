// Verify that an element of a local array keeps the layout of the program.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.s, ptr %{{.*}}, i32 0, i32 1
// CHECK-NEXT: load i32
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
void fill(struct s *);
int f(long i) {
  struct s s[4];
  fill(s);
  return s[i].b;
}
