// Verify that __btfreloc_type_id_target asks for the id of a type in the kernel.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[V:.*]] = call i64 @llvm.bpf.btf.type.id(i32 {{[0-9]+}}, i64 1), {{.*}}!llvm.preserve.access.index ![[S:[0-9]+]]
// CHECK: trunc i64 %[[V]] to i32
// CHECK-NOT: @__btfreloc_
// CHECK: ![[S]] = {{.*}}name: "s"

#include <btfreloc_magic.h>

struct inner {
  int x;
  unsigned y;
};
struct s {
  int a;
  struct inner in;
  int arr[8];
  struct {
    int anonymous;
  };
};
struct s *keep;
unsigned f(void) { return __btfreloc_type_id_target("struct s"); }
