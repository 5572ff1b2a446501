// Verify what an enumerator's value becomes: a global with its name, its number in the list and its
// value.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.{{.*}}.TWO:11:7$1" = external global i64, !llvm.preserve.access.index ![[E:[0-9]+]]
// CHECK: ![[E]] = {{.*}}name: "e"
// CHECK-NOT: TWO:7"

#include <btfreloc_magic.h>

enum e { ONE, TWO = 7 } e;
unsigned long long f(void) { return __btfreloc_enum_value("enum e", "TWO"); }
