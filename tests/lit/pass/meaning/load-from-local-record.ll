;; Verify that a pointer to a record is found in the program's own variable of an unannotated type.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %m = getelementptr inbounds i8, ptr %w, i64 8
; CHECK: %t = load ptr, ptr %m
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f() !dbg !5 {
  %w = alloca [16 x i8]
  call void @llvm.dbg.declare(metadata ptr %w, metadata !3, metadata !DIExpression()), !dbg !4
  call void @fill(ptr %w), !dbg !4
  %m = getelementptr inbounds i8, ptr %w, i64 8, !dbg !6
  %t = load ptr, ptr %m, !dbg !6
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}
declare void @fill(ptr)
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "w", scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "wrapper", file: !2, size: 128, elements: !11)
!8 = !DISubroutineType(types: !13)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "n", scope: !7, file: !2, baseType: !14, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "t", scope: !7, file: !2, baseType: !15, size: 64, offset: 64)
!11 = !{!9, !10}
!12 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!13 = !{!12}
!14 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !16, size: 64)
!16 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !17, file: !2, size: 128, elements: !20)
!17 = !DINamespace(name: "vmlinux", scope: null)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !16, file: !2, baseType: !14, size: 64)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !16, file: !2, baseType: !12, size: 32, offset: 64)
!20 = !{!18, !19}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
