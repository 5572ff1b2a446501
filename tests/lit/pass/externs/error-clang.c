// Verify that clang itself reports the error and fails.
// RUN: not %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O2 -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s

#include <btfreloc_magic.h>
// CHECK: error-clang.c:[[#@LINE+1]]:{{[0-9]+}}: error: {{.*}}btfreloc: __btfreloc_type_exists: there is no type `struct t`
unsigned f(void) { return __btfreloc_type_exists("struct t"); }
