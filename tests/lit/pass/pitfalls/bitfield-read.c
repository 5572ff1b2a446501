// Verify that a bitfield is read by its offset, size and shifts in the kernel.
// RUN: %clang --target=bpf -g -O0 -S -emit-llvm %s -o - | %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S | FileCheck %s

// CHECK: %[[F0:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I0:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F0]], i64 0)
// CHECK: %[[F1:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I1:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F1]], i64 1)
// CHECK: %[[F4:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I4:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F4]], i64 4)
// CHECK: %[[F5:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) null, i32 {{[0-9]+}}, i32 2)
// CHECK: %[[I5:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[F5]], i64 5)

// CHECK: switch i32 %[[I1]], label %[[EIGHT:.*]] [
// CHECK-NEXT: i32 1, label %[[ONE:.*]]
// CHECK-NEXT: i32 2, label
// CHECK-NEXT: i32 4, label
// CHECK: load i8, ptr %[[PLACE:.*]], align 1
// CHECK: load i16, ptr %[[PLACE]], align 2
// CHECK: load i32, ptr %[[PLACE]], align 4
// CHECK: load i64, ptr %[[PLACE]], align 8
// CHECK: %[[UNIT:.*]] = phi i64
// CHECK: %[[UP:.*]] = shl i64 %[[UNIT]],
// CHECK: %[[VALUE:.*]] = lshr i64 %[[UP]],
// CHECK: trunc i64 %[[VALUE]]
// CHECK: ret i32

struct s {
  int a;
  unsigned lo : 3, mid : 7, hi : 22;
} __attribute__((btf_decl_tag("btfreloc")));
unsigned f(struct s *p) { return p->mid; }
