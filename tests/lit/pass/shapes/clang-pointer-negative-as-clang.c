// Verify that bitfields=clang leaves the distance of records before the pointer as it is.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;bitfields=clang>' -S | FileCheck %s

// CHECK: %[[E:.*]] = getelementptr inbounds{{( nuw)?}} %struct.s, ptr %{{.*}}, i64 -1
// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %[[E]], i32 1, i32 1)
// CHECK: load i32, ptr %[[B]]

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p[-1].b; }
