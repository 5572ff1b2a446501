// Verify that an argument that is no constant string is an error with its line.
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
// CHECK: error: {{.*}}error-not-constant.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_field_exists: argument 2 is no constant string
unsigned f(const char *path) { return __btfreloc_field_exists("struct s", path); }
