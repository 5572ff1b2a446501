// Verify that after linking, which makes one struct type of those that look alike, debug info says
// which record is meant, and which is the program's own.
// RUN: %clang --target=bpf -g -O0 -emit-llvm -DKERNEL -c %s -o %t.kernel.bc
// RUN: %clang --target=bpf -g -O0 -emit-llvm -c %s -o %t.own.bc
// RUN: %llvm-link %t.kernel.bc %t.own.bc -o %t.bc
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %t.bc | FileCheck %s
// RUN: %llvm-link %t.own.bc %t.kernel.bc -o %t.reversed.bc
// RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %t.reversed.bc | FileCheck %s

// CHECK-DAG: @"llvm.task.tgid.{{[0-9a-f]+}}:0:4$0:1"
// CHECK-DAG: @"llvm.cred.gid.{{[0-9a-f]+}}:0:4$0:1"
// CHECK-NOT: @"llvm.point

#ifdef KERNEL
struct task {
  int pid, tgid;
} __attribute__((btf_decl_tag("btfreloc")));
struct cred {
  int uid, gid;
} __attribute__((btf_decl_tag("btfreloc")));
int tgid(struct task *t) { return t->tgid; }
int gid(struct cred *c) { return c->gid; }
#else
struct point {
  int x, y;
};
int y(struct point *p) { return p->y; }
#endif
