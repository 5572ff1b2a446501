// Verify what a question about a member becomes: an i32 global, its load and a passthrough.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.b.[[DIGEST:[0-9a-f]+]]:1:4$0:1" = external global i32, !llvm.preserve.access.index !{{[0-9]+}} #[[ATTR:[0-9]+]]
// CHECK: %[[V:.*]] = load i32, ptr @"llvm.s.b.[[DIGEST]]:1:4$0:1"
// CHECK: %[[W:.*]] = call i32 @llvm.bpf.passthrough.i32.i32(i32 {{[0-9]+}}, i32 %[[V]])
// CHECK: ret i32 %[[W]]
// CHECK: attributes #[[ATTR]] = { "btf_ama" }

#include <btfreloc_magic.h>

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
struct s *p;
unsigned f(void) { return __btfreloc_field_size("struct s", "b"); }
