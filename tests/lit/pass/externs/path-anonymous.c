// Verify that the members of an anonymous record are found as in C, by their name alone.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[ANON:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) null, i32 {{[0-9]+}}, i32 3)
// CHECK: %[[M:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[ANON]], i32 0, i32 0)
// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[M]], i64 2)

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
unsigned f(void) { return __btfreloc_field_exists("struct s", "anonymous"); }
