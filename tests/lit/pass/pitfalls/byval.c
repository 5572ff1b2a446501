// Verify that a record that is passed by value keeps the layout of the program.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.s, ptr %{{[0-9]+}}, i32 0, i32 1
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s s) { return s.b; }
