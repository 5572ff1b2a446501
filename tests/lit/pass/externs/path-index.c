// Verify that a path may go through an index of an array.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[E:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype({{.*}}) %[[ARR]], i32 1, i32 3)
// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[E]], i64 1)

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
unsigned f(void) { return __btfreloc_field_size("struct s", "arr[3]"); }
