// Verify that a member of a union is a step, although clang writes no getelementptr for it.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[U:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 1, i32 1)
// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.union.access.index.p0.p0(ptr %[[U]], i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[IN]], i32 1, i32 1)
// CHECK: load i32, ptr %[[Y]]
// CHECK: ![[MD]] = {{.*}}tag: DW_TAG_union_type

struct inner {
  int x, y;
};
struct s {
  long a;
  union {
    long all;
    struct inner in;
  } u;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->u.in.y; }
