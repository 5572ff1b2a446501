// Verify that members of anonymous records and unions get a step for each of these.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[U:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[T]], i32 1, i32 1)
// CHECK: %[[IN:.*]] = call ptr @llvm.preserve.union.access.index.p0.p0(ptr %[[U]], i32 1)
// CHECK: %[[C:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[IN]], i32 1, i32 1)
// CHECK: load i16, ptr %[[C]]

struct s {
  long a;
  union {
    long all;
    struct {
      int b;
      short c;
    };
  };
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->c; }
