// Verify that a compound assignment to a bitfield is a read and a write of it.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[F0:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I0:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F0]], i64 0)
// CHECK: %[[F1:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I1:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F1]], i64 1)
// CHECK: %[[F4:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I4:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F4]], i64 4)
// CHECK: %[[F5:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I5:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F5]], i64 5)
// CHECK: phi i64
// CHECK: %[[F0:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I0:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F0]], i64 0)
// CHECK: %[[F1:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I1:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F1]], i64 1)
// CHECK: %[[F4:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I4:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F4]], i64 4)
// CHECK: %[[F5:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I5:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F5]], i64 5)
// CHECK: store i8
// CHECK: store i16
// CHECK: store i32
// CHECK: store i64
// CHECK-NOT: store
// CHECK: ret void

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
void f(struct s *p) { p->mid += 3; }
