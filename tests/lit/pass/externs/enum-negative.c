// Verify that the value of an enumerator may be negative.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: c"MINUS:-3\00"
// CHECK: call i64 @llvm.bpf.preserve.enum.value(

#include <btfreloc_magic.h>

enum e { ONE = 1, TWO = 7, MINUS = -3 };
enum e keep;
unsigned long long f(void) { return __btfreloc_enum_value("enum e", "MINUS"); }
