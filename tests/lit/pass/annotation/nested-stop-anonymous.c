// Verify that nested=stop goes on through records defined inside, which belong to the record.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;nested=stop>' -S | FileCheck %s

// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[IN]], i32 1, i32 1)
// CHECK: load i32, ptr %[[Y]]

struct outer {
  int a;
  struct {
    int x, y;
  } in;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *o) { return o->in.y; }
