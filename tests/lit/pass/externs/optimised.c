// Verify that a call is found after optimisation, too.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) null, i32 {{[0-9]+}}, i32 0)
// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[A]], i64 2)

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
unsigned f(void) { return __btfreloc_field_exists("struct s", "a"); }
