// Verify that an index of what is no array is an error.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s

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
// CHECK: error: {{.*}}error-index-of-scalar.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_field_size: `a[1]` has an index that is none, or of no array
unsigned f(void) { return __btfreloc_field_size("struct s", "a[1]"); }
