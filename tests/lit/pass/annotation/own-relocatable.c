// Verify that a record of the program's own that is named as the marker's type is no marker.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define {{.*}}@f
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: ret i32
// CHECK: name: "marker"

struct Relocatable {
  int offset;
};
struct object {
  int a;
  struct Relocatable marker;
  int b;
};
int f(struct object *o) { return o->b; }
