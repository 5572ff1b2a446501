// Verify that a variable of the kernel's, in .ksyms, has the kernel's layout.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) @kernels, i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
extern const struct s kernels __attribute__((section(".ksyms")));
int f(void) { return kernels.b; }
