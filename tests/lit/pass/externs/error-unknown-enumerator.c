// Verify that an enumerator that the enumeration does not have is an error with its line.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o %t.ll
// RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %t.ll 2>&1 | FileCheck %s

#include <btfreloc_magic.h>
enum e { ONE = 1, TWO = 7, MINUS = -3 };
enum e keep;
// CHECK: error: {{.*}}error-unknown-enumerator.c:[[#@LINE+1]]:{{[0-9]+}}: in function f{{.*}}: btfreloc: __btfreloc_enum_value: there is no enumerator `THREE` in enum e
unsigned long long f(void) { return __btfreloc_enum_value("enum e", "THREE"); }
