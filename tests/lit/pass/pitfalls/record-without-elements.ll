;; Verify that an annotated record without a member list, as a frontend may leave an empty one, is
;; passed over.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: define i64 @f(ptr %t)
; CHECK: call ptr @llvm.preserve.struct.access.index

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !6 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %v = load i64, ptr %t, !dbg !4
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !6, file: !2, type: !9)
!4 = !DILocation(line: 1, scope: !6)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!11 = !DISubroutineType(types: !14)
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !15, file: !2, size: 64, elements: !18)
!14 = !{!19, !9}
!15 = !DINamespace(name: "vmlinux", scope: null)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !12, file: !2, baseType: !19, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "e", scope: !12, file: !2, baseType: !20, offset: 64)
!18 = !{!16, !17}
!19 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!20 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "empty", scope: !15, file: !2)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
