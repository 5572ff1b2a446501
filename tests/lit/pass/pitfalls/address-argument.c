// Verify that the address of a member is relocated where it is an argument of a helper.
// RUN: %clang --target=bpf -g -O2 -Xclang -disable-llvm-passes -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %{{.*}}, i32 1, i32 1)
// CHECK: call i64 {{.*}}(ptr noundef %{{.*}}, i32 noundef 4, ptr noundef %{{.*}})
// CHECK-NOT: getelementptr

struct s {
  long a;
  int b;
  long c;
} __attribute__((btf_decl_tag("btfreloc")));
static long (*const probe_read_kernel)(void *, unsigned, const void *) = (void *)113;
int f(struct s *p) {
  int b;
  probe_read_kernel(&b, sizeof(b), &p->b);
  return b;
}
