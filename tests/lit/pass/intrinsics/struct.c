// Verify the form of a struct member's step: LLVM field index, then index in the debug info, and
// the record as metadata.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{[0-9]+}}, i32 2, i32 2), !dbg !{{[0-9]+}}, !llvm.preserve.access.index ![[S:[0-9]+]]{{$}}
// CHECK: declare ptr @llvm.preserve.struct.access.index.p0.p0(ptr, i32 immarg, i32 immarg)
// CHECK: ![[S]] = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s"

struct s {
  int a, b, c;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->c; }
