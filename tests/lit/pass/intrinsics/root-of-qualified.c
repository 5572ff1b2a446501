// Verify that qualifiers of the pointer's type do not become part of the root.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[S:[0-9]+]]
// CHECK: ![[S]] = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s"

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(const volatile struct s *p) { return p->b; }
