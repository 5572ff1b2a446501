;; Verify that a member that is an Option with a discriminant of its own stays what it is.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %s | FileCheck %s

; CHECK: !DIDerivedType(tag: DW_TAG_member, name: "member", {{.*}}baseType: ![[TYPE:[0-9]+]]
; CHECK: ![[TYPE]] = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Option

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !27 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !30, metadata !DIExpression()), !dbg !28
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !29
  %v = load i32, ptr %p, !dbg !29
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DINamespace(name: "core", scope: null)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Some", scope: !4, file: !2, size: 64, elements: !7)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !5, file: !2, baseType: !3, size: 32, offset: 32)
!7 = !{!6}
!8 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "None", scope: !4, file: !2, size: 64, elements: !9)
!9 = !{}
!10 = distinct !DICompositeType(tag: DW_TAG_union_type, scope: !4, file: !2, size: 64, elements: !14)
!11 = !DIDerivedType(tag: DW_TAG_member, scope: !10, file: !2, baseType: !3, size: 32)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "None", scope: !10, file: !2, baseType: !8, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "Some", scope: !10, file: !2, baseType: !5, size: 64)
!14 = !{!11, !12, !13}
!15 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Option<u32>", scope: !4, file: !2, size: 64, elements: !17)
!16 = !DIDerivedType(tag: DW_TAG_member, scope: !15, file: !2, baseType: !10, size: 64)
!17 = !{!16}
!18 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!19 = !DINamespace(name: "vmlinux", scope: null)
!20 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !19, file: !2, size: 128, elements: !23)
!21 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !20, file: !2, baseType: !18, size: 64)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "member", scope: !20, file: !2, baseType: !15, size: 64, offset: 64)
!23 = !{!21, !22}
!24 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !20, size: 64)
!25 = !{!3, !24}
!26 = !DISubroutineType(types: !25)
!27 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !26, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!28 = !DILocation(line: 1, scope: !27)
!29 = !DILocation(line: 2, scope: !27)
!30 = !DILocalVariable(name: "t", arg: 1, scope: !27, file: !2, line: 1, type: !24)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
