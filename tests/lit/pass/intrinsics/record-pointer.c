// Verify what a member's address becomes: a global that names the relocation, a load of it, the
// record's address and so many bytes, and a passthrough.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes=btfreloc -S | FileCheck %s

// CHECK: @"llvm.s.b.[[DIGEST:[0-9a-f]+]]:0:4$0:1" = external global i64, !llvm.preserve.access.index ![[S:[0-9]+]] #[[ATTR:[0-9]+]]
// CHECK: %[[T:.*]] = load ptr, ptr
// CHECK: %[[OFF:.*]] = load i64, ptr @"llvm.s.b.[[DIGEST]]:0:4$0:1"
// CHECK: %[[P:.*]] = getelementptr i8, ptr %[[T]], i64 %[[OFF]]
// CHECK: %[[Q:.*]] = call ptr @llvm.bpf.passthrough.p0.p0(i32 {{[0-9]+}}, ptr %[[P]])
// CHECK: load i32, ptr %[[Q]]
// CHECK: attributes #[[ATTR]] = { "btf_ama" }
// CHECK: ![[S]] = {{.*}}name: "s"

struct s {
  int a, b;
} __attribute__((btf_decl_tag("btfreloc")));
int f(struct s *p) { return p->b; }
