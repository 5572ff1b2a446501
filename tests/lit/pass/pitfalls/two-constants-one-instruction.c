// Verify that members of two variables of the kernel in one instruction stay two.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK-DAG: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) @ka, i32 1, i32 1)
// CHECK-DAG: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) @kb, i32 1, i32 1)
// CHECK: @sink(ptr {{.*}}%[[A]], ptr {{.*}}%[[B]])

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
extern struct s ka __attribute__((section(".ksyms")));
extern struct s kb __attribute__((section(".ksyms")));
extern int sink(int *, int *);
int f(void) { return sink(&ka.b, &kb.b); }
