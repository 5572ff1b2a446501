// Verify that a global variable keeps the layout of the program.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: load i32, ptr getelementptr {{.*}}@s
// CHECK-NOT: call ptr @llvm.preserve

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
struct s s;
int f(void) { return s.b; }
