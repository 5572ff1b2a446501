// Verify that a member that the record does not have is an error with its line.
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
// CHECK: error: {{.*}}error-unknown-member.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_field_size: there is no member `z` in struct inner
unsigned f(void) { return __btfreloc_field_size("struct s", "in.z"); }
