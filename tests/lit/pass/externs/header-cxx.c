// Verify that the header is one of C++, too: its functions have C's names.
// RUN: %clang --target=bpf -x c++ -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.type.info(
// CHECK-NOT: __btfreloc_

#include <btfreloc_magic.h>

struct task {
  int a;
} *keep;
unsigned f(void) { return __btfreloc_type_exists("struct task"); }
