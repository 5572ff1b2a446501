// Verify that a union is asked for with its keyword.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 0), {{.*}}!llvm.preserve.access.index ![[T:[0-9]+]]
// CHECK: ![[T]] = {{.*}}tag: DW_TAG_union_type, name: "u"

#include <btfreloc_magic.h>

union u {
  int a;
} *keep;
unsigned f(void) { return __btfreloc_type_exists("union u"); }
