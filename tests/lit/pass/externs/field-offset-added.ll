;; Verify that the bytes that a question for an offset is answered with may be added to a record,
;; without a remark, and are kept apart from the load.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;strict>' -S %s | FileCheck %s

; CHECK: %[[V:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(
; CHECK: %[[WIDE:.*]] = zext i32 %[[V]] to i64
; CHECK: %[[APART:.*]] = call i64 asm "", "=r,0"(i64 %[[WIDE]])
; CHECK: getelementptr inbounds i8, ptr %t, i64 %

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@0 = private unnamed_addr constant [12 x i8] c"struct task\00"
@1 = private unnamed_addr constant [4 x i8] c"pid\00"

define ptr @f(ptr %t) !dbg !13 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !16, metadata !DIExpression()), !dbg !14
  %offset = call i32 @__btfreloc_field_offset(ptr @0, ptr @1), !dbg !15
  %wide = zext i32 %offset to i64
  %p = getelementptr inbounds i8, ptr %t, i64 %wide, !dbg !15
  ret ptr %p
}
declare i32 @__btfreloc_field_offset(ptr, ptr)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!11 = !{!4, !10}
!12 = !DISubroutineType(types: !11)
!13 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !12, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!14 = !DILocation(line: 1, scope: !13)
!15 = !DILocation(line: 2, scope: !13)
!16 = !DILocalVariable(name: "t", arg: 1, scope: !13, file: !2, line: 1, type: !10)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
