// Verify the form of a union member's step: no element type, one index.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.union.access.index.p0.p0(ptr %{{[0-9]+}}, i32 1), !dbg !{{[0-9]+}}, !llvm.preserve.access.index ![[U:[0-9]+]]{{$}}
// CHECK: declare ptr @llvm.preserve.union.access.index.p0.p0(ptr, i32 immarg)
// CHECK: ![[U]] = distinct !DICompositeType(tag: DW_TAG_union_type, name: "u"

union u {
  int a;
  long b;
} __attribute__((btf_decl_tag("btfreloc")));
long f(union u *p) { return p->b; }
