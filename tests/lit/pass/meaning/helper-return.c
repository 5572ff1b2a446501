// Verify that what a helper returns is known by the type of the variable that it is called through.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = call ptr
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task) %[[T]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct task {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
static struct task *(*const current)(void) = (void *)158;
int f(void) { return current()->b; }
