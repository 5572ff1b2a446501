;; Verify that a member that is an Option of a pointer, of which 0 is none, gets the type of the
;; pointer.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %s | FileCheck %s

; CHECK: !DIDerivedType(tag: DW_TAG_member, name: "member", {{.*}}baseType: ![[TYPE:[0-9]+]]
; CHECK: ![[TYPE]] = !DIDerivedType(tag: DW_TAG_pointer_type

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !28 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !31, metadata !DIExpression()), !dbg !29
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !30
  %v = load i32, ptr %p, !dbg !30
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !3, size: 64)
!5 = !DINamespace(name: "core", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Some", scope: !5, file: !2, size: 64, elements: !8)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !6, file: !2, baseType: !4, size: 64)
!8 = !{!7}
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "None", scope: !5, file: !2, size: 64, elements: !10)
!10 = !{}
!11 = distinct !DICompositeType(tag: DW_TAG_union_type, scope: !5, file: !2, size: 64, elements: !15)
!12 = !DIDerivedType(tag: DW_TAG_member, scope: !11, file: !2, baseType: !3, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "None", scope: !11, file: !2, baseType: !9, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "Some", scope: !11, file: !2, baseType: !6, size: 64)
!15 = !{!12, !13, !14}
!16 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Option<&u64>", scope: !5, file: !2, size: 64, elements: !18)
!17 = !DIDerivedType(tag: DW_TAG_member, scope: !16, file: !2, baseType: !11, size: 64)
!18 = !{!17}
!19 = !DINamespace(name: "vmlinux", scope: null)
!20 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !19, file: !2, size: 128, elements: !23)
!21 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !20, file: !2, baseType: !3, size: 64)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "member", scope: !20, file: !2, baseType: !16, size: 64, offset: 64)
!23 = !{!21, !22}
!24 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !20, size: 64)
!25 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!26 = !{!25, !24}
!27 = !DISubroutineType(types: !26)
!28 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !27, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!29 = !DILocation(line: 1, scope: !28)
!30 = !DILocation(line: 2, scope: !28)
!31 = !DILocalVariable(name: "t", arg: 1, scope: !28, file: !2, line: 1, type: !24)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
