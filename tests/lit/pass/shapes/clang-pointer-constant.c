// Verify that a constant index of a pointer to a record counts records, as the pointer's step.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[P:.*]] = call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 0, i32 3){{.*}} !llvm.preserve.access.index ![[PTR:[0-9]+]]
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[P]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]
// CHECK: ![[PTR]] = !DIDerivedType(tag: DW_TAG_pointer_type

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p[3].b; }
