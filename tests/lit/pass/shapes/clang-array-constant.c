// Verify that a constant index of an array is a step of its own.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 1, i32 1)
// CHECK: %[[E:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype([8 x [4 x i8]]) %[[ARR]], i32 1, i32 3){{.*}} !llvm.preserve.access.index ![[A:[0-9]+]]
// CHECK: load i32, ptr %[[E]]
// CHECK: ![[A]] = !DICompositeType(tag: DW_TAG_array_type

struct s {
  long a;
  int arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->arr[3]; }
