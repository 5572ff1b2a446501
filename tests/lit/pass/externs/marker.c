// Verify that a marker global keeps a type in the debug info that nothing else mentions.
// RUN: %clang --target=bpf -I %S/../../../../llvm-pass/include -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call i32 @llvm.bpf.preserve.type.info(i32 {{[0-9]+}}, i64 0), {{.*}}!llvm.preserve.access.index ![[T:[0-9]+]]
// CHECK-NOT: @__btfreloc_
// CHECK: ![[T]] = {{.*}}name: "task"

#include <btfreloc_magic.h>

struct task {
  int a;
};
static const struct task *const __btfreloc_task __attribute__((used));
unsigned f(void) { return __btfreloc_type_exists("struct task"); }
