// Verify that the annotation is inherited through arrays, typedefs and qualifiers.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK: %[[E:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype([3 x [8 x i8]]) %[[IN]], i32 1, i32 2)
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[E]], i32 1, i32 1)
// CHECK: load {{.*}}i32, ptr %[[Y]]

typedef struct inner {
  int x, y;
} inner_t;
struct outer {
  int a;
  const volatile inner_t in[3];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in[2].y; }
