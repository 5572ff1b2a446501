;; Verify that a pointer to pointers that two variables of different types are leads nowhere.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: define i32 @f
; CHECK-NOT: call ptr @llvm.preserve
; CHECK: %p = getelementptr inbounds i8, ptr %t, i64 8
; CHECK-NEXT: load i32, ptr %p
; CHECK-NOT: call ptr @llvm.preserve

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %pp) !dbg !6 {
  call void @llvm.dbg.value(metadata ptr %pp, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %pp, metadata !5, metadata !DIExpression()), !dbg !4
  %t = load ptr, ptr %pp, !dbg !7
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  %v = load i32, ptr %p, !dbg !7
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "a", arg: 1, scope: !6, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "b", scope: !6, file: !2, type: !9)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !10, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DISubroutineType(types: !14)
!11 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !15, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !16, size: 64)
!13 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!14 = !{!13, !8}
!15 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !17, file: !2, size: 128, elements: !20)
!16 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "other", scope: !17, file: !2, size: 192, elements: !24)
!17 = !DINamespace(name: "vmlinux", scope: null)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !15, file: !2, baseType: !25, size: 64)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !15, file: !2, baseType: !13, size: 32, offset: 64)
!20 = !{!18, !19}
!21 = !DIDerivedType(tag: DW_TAG_member, name: "c", scope: !16, file: !2, baseType: !25, size: 64)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "w", scope: !16, file: !2, baseType: !13, size: 32, offset: 64)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "next", scope: !16, file: !2, baseType: !12, size: 64, offset: 128)
!24 = !{!21, !22, !23}
!25 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
