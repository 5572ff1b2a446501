// Verify that a path with an index of a second dimension, which no relocation can have, is an
// error.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s

#include <btfreloc_magic.h>
struct matrix {
  int m[2][3];
} *keep;
// CHECK: error: {{.*}}error-two-dimensions.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_field_size: `m[0][1]`: a relocation indexes the first dimension of an array only
unsigned f(void) { return __btfreloc_field_size("struct matrix", "m[0][1]"); }
