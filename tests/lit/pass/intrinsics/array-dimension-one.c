// Verify the form of an element's step: dimension 1, and the array type as metadata.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype([8 x [4 x i8]]) %{{[0-9]+}}, i32 1, i32 3), !dbg !{{[0-9]+}}, !llvm.preserve.access.index ![[A:[0-9]+]]{{$}}
// CHECK: declare ptr @llvm.preserve.array.access.index.p0.p0(ptr, i32 immarg, i32 immarg)
// CHECK: ![[A]] = !DICompositeType(tag: DW_TAG_array_type, baseType: !{{[0-9]+}}, size: 256

struct s {
  int arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->arr[3]; }
