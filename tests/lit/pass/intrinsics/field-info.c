// Verify the form of a question about a member: llvm.bpf.preserve.field.info of the way from null.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) null, i32 1, i32 1)
// CHECK: call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[B]], i64 1)
// CHECK: declare i32 @llvm.bpf.preserve.field.info.p0(ptr, i64 immarg)

#include <btfreloc_magic.h>

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
struct s *p;
unsigned f(void) { return __btfreloc_field_size("struct s", "b"); }
