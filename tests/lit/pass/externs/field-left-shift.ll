;; Verify that a program can ask how far to shift a member to the left, as a bitfield of the kernel
;; is read.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[PID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) null, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[V:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[PID]], i64 4)
; CHECK: ret i32 %[[V]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@0 = private unnamed_addr constant [12 x i8] c"struct task\00"
@1 = private unnamed_addr constant [4 x i8] c"pid\00"

define i32 @f() !dbg !12 {
  %v = call i32 @__btfreloc_field_left_shift(ptr @0, ptr @1), !dbg !13
  ret i32 %v
}
declare i32 @__btfreloc_field_left_shift(ptr, ptr)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !{!4}
!11 = !DISubroutineType(types: !10)
!12 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!13 = !DILocation(line: 2, scope: !12)
!14 = !{!6}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !14)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
