// Verify the form of a pointer's step: dimension 0, and the pointer type as metadata.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.array.access.index.p0.p0(ptr elementtype(%struct.s) %{{[0-9]+}}, i32 0, i32 3), !dbg !{{[0-9]+}}, !llvm.preserve.access.index ![[P:[0-9]+]]{{$}}
// CHECK: ![[P]] = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !{{[0-9]+}}, size: 64)

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p[3].b; }
