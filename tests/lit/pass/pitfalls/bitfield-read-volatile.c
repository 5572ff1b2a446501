// Verify that a volatile bitfield is read by one volatile load.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[F0:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I0:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F0]], i64 0)
// CHECK: %[[F1:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I1:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F1]], i64 1)
// CHECK: %[[F4:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I4:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F4]], i64 4)
// CHECK: %[[F5:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I5:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F5]], i64 5)

// CHECK: load volatile i8
// CHECK: load volatile i16
// CHECK: load volatile i32
// CHECK: load volatile i64
// CHECK: phi i64
// CHECK-NOT: load volatile
// CHECK: ret

struct s {
  int a;
  volatile unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->mid; }
