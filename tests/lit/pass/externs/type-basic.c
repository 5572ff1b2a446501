// Verify that a basic type is asked for by its name.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 1), {{.*}}!llvm.preserve.access.index ![[T:[0-9]+]]
// CHECK: ![[T]] = !DIBasicType(name: "long"

#include <btfreloc_magic.h>

long keep;
unsigned f(void) { return __btfreloc_type_size("long"); }
