// Verify that bytes inside a member that clang's getelementptr names lie behind the relocated
// member.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[Q:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: %[[KEPT:.*]] = call ptr asm "", "=r,0"(ptr %[[Q]])
// CHECK: %[[HIGH:.*]] = getelementptr {{.*}}i8, ptr %[[KEPT]], i64 4
// CHECK: load i32, ptr %[[HIGH]]

struct s {
  long a, q;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return *(int *)((char *)&p->q + 4); }
