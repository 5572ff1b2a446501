// Verify that the root of an anonymous record is its typedef, which has the name.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: call ptr @llvm.preserve.struct.access.index.p0.p0({{.*}}, i32 1, i32 1), {{.*}}!llvm.preserve.access.index ![[TD:[0-9]+]]
// CHECK: ![[TD]] = !DIDerivedType(tag: DW_TAG_typedef, name: "anon_t"

typedef struct {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc"))) anon_t;
int f(anon_t *p) { return p->b; }
