// Verify that only the root is named by a typedef: a member's record stands for itself.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.struct.access.index.p0.p0({{.*}}, i32 1, i32 1), {{.*}}!llvm.preserve.access.index
// CHECK: call ptr @llvm.preserve.struct.access.index.p0.p0({{.*}}, i32 0, i32 0), {{.*}}!llvm.preserve.access.index ![[IN:[0-9]+]]
// CHECK: ![[IN]] = distinct !DICompositeType(tag: DW_TAG_structure_type

typedef struct {
  int x;
} inner_t;
struct s {
  int a;
  inner_t in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->in.x; }
