// Verify that a member that is read in parts keeps its relocation off the load: a loader would
// refuse one that does not fit the size of the kernel's.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: %[[P:.*]] = call ptr @llvm.bpf.passthrough
// CHECK: %[[KEPT:.*]] = call ptr asm "", "=r,0"(ptr %[[P]])
// CHECK: load i32, ptr %{{.*}}

struct s {
  long a, q;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return *((int *)&p->q + 1); }
