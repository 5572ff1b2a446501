// Verify that __btfreloc_field_offset asks for the offset of a member.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) null, i32 {{[0-9]+}}, i32 1)
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[IN]], i32 1, i32 1)

// CHECK: %[[V:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[Y]], i64 0)
// Where a load took it as its own offset, loaders would check it against the member's size.
// CHECK: %[[WIDE:.*]] = zext i32 %[[V]] to i64
// CHECK: %[[KEPT:.*]] = call i64 asm "", "=r,0"(i64 %[[WIDE]])
// CHECK: %[[NUMBER:.*]] = trunc i64 %[[KEPT]] to i32
// CHECK: ret i32 %[[NUMBER]]
// CHECK-NOT: @__btfreloc_

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
unsigned f(void) { return __btfreloc_field_offset("struct s", "in.y"); }
