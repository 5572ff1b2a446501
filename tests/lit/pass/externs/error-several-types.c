// Verify that a name of several types that differ is an error.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s

#include <btfreloc_magic.h>
long g(void) {
  struct t {
    long a;
  } t = {1};
  return t.a;
}
int h(void) {
  struct t {
    int b;
  } t = {1};
  return t.b;
}
// CHECK: error: {{.*}}error-several-types.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_type_size: there are several types `struct t` that differ
unsigned f(void) { return __btfreloc_type_size("struct t"); }
