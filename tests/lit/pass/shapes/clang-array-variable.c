// Verify that of an array with a variable index the array is relocated, and the index stays.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 1, i32 1)
// CHECK: %[[KEPT:.*]] = call ptr asm "", "=r,0"(ptr %[[ARR]])
// CHECK: %[[E:.*]] = getelementptr inbounds{{( nuw)?}} [8 x i32], ptr %[[KEPT]], i64 0, i64 %{{[0-9]+}}
// CHECK: load i32, ptr %[[E]]
// CHECK-NOT: array.access.index

struct s {
  long a;
  int arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p, long i) { return p->arr[i]; }
