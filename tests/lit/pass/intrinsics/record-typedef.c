// Verify that the global of an anonymous record has its typedef as metadata.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.anon_t.b.{{[0-9a-f]+}}:0:4$0:1" = external global i64, !llvm.preserve.access.index ![[TD:[0-9]+]]
// CHECK: ![[TD]] = !DIDerivedType(tag: DW_TAG_typedef, name: "anon_t"

typedef struct {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc"))) anon_t;
int f(anon_t *p) { return p->b; }
