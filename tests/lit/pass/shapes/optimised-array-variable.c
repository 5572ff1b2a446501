// Verify that after clang -O2 the array under a variable index is relocated.
// RUN: %clang --target=bpf -g -O2 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%{{.*}}s) %0, i32 {{[0-9]+}}, i32 1)
// CHECK: %[[KEPT:.*]] = call ptr asm "", "=r,0"(ptr %[[ARR]])
// CHECK: %[[E:.*]] = getelementptr {{.*}}i32{{.*}}, ptr %[[KEPT]], {{.*}}i64 %1
// CHECK: load i32, ptr %[[E]]

struct s {
  long a;
  int arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p, long i) { return p->arr[i]; }
