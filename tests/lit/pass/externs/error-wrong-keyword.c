// Verify that a type under another keyword is not the type.
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
// CHECK: error: {{.*}}error-wrong-keyword.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_type_exists: there is no type `union s` in the debug info
unsigned f(void) { return __btfreloc_type_exists("union s"); }
