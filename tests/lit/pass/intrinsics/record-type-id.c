// Verify what a type id becomes: an i64 global with btf_type_id, its load and a passthrough.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.btf_type_id.s.[[DIGEST:[0-9a-f]+]]$7" = external global i64, !llvm.preserve.access.index ![[S:[0-9]+]] #[[ATTR:[0-9]+]]
// CHECK: %[[V:.*]] = load i64, ptr @"llvm.btf_type_id.s.[[DIGEST]]$7"
// CHECK: call i64 @llvm.bpf.passthrough.i64.i64(i32 {{[0-9]+}}, i64 %[[V]])
// CHECK: attributes #[[ATTR]] = { "btf_type_id" }
// CHECK: ![[S]] = {{.*}}name: "s"

#include <btfreloc_magic.h>

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
struct s *p;
unsigned f(void) { return __btfreloc_type_id_target("struct s"); }
