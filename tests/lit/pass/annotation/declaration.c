// Verify that a tag on a record that is only declared does no harm.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: define
// CHECK-NOT: call ptr @llvm.preserve
// CHECK: getelementptr inbounds{{( nuw)?}} %struct.mine, ptr %{{.*}}, i32 0, i32 1
// CHECK-NOT: call ptr @llvm.preserve

struct task __attribute__((btf_decl_tag("btfreloc")));
struct mine {
  struct task *t;
  int b;
};
int f(struct mine *m) { return m->b; }
