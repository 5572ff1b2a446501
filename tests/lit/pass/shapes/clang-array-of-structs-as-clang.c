// Verify that bitfields=clang leaves the distance of an array's elements as it is, as clang does.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[ARR:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.outer) %{{.*}}, i32 1, i32 1)
// CHECK: %[[E:.*]] = getelementptr inbounds{{( nuw)?}} [8 x %struct.inner], ptr %[[ARR]], i64 0, i64
// CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.inner) %[[E]], i32 1, i32 1)
// CHECK: load i32, ptr %[[Y]]
// CHECK-NOT: preserve.type.info

struct inner {
  int x, y;
} __attribute__((btf_decl_tag("btfreloc")));
struct outer {
  long a;
  struct inner arr[8];
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct outer *p, long i) { return p->arr[i].y; }
