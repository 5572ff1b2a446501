// Verify that __btfreloc_enum_value asks for the value of an enumerator.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: @[[TEXT:.*]] = private unnamed_addr constant [6 x i8] c"TWO:7\00"
// CHECK: %[[V:.*]] = call i64 @llvm.bpf.preserve.enum.value(i32 {{[0-9]+}}, ptr @[[TEXT]], i64 1), {{.*}}!llvm.preserve.access.index ![[E:[0-9]+]]
// CHECK: ret i64 %[[V]]
// CHECK-NOT: @__btfreloc_
// CHECK: ![[E]] = {{.*}}tag: DW_TAG_enumeration_type, name: "e"

#include <btfreloc_magic.h>

enum e { ONE = 1, TWO = 7, MINUS = -3 };
enum e keep;
unsigned long long f(void) { return __btfreloc_enum_value("enum e", "TWO"); }
