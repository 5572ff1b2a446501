// Verify that __btfreloc_type_matches asks for whether the kernel's type has the same members.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[V:.*]] = call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 2), {{.*}}!llvm.preserve.access.index ![[S:[0-9]+]]
// CHECK: ret i32 %[[V]]
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
unsigned f(void) { return __btfreloc_type_matches("struct s"); }
