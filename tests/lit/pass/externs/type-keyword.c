// Verify that the keyword tells a structure from a union, an enumeration and a typedef of one name.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 1), {{.*}}!llvm.preserve.access.index ![[S:[0-9]+]]
// CHECK: call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 1), {{.*}}!llvm.preserve.access.index ![[T:[0-9]+]]
// CHECK-DAG: ![[S]] = {{.*}}tag: DW_TAG_structure_type, name: "name"
// CHECK-DAG: ![[T]] = {{.*}}tag: DW_TAG_typedef, name: "name"

#include <btfreloc_magic.h>

typedef int name;
struct name {
  long a;
};
name keep;
struct name *keep_too;
unsigned f(void) { return __btfreloc_type_size("struct name"); }
unsigned g(void) { return __btfreloc_type_size("name"); }
