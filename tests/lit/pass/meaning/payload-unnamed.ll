;; Verify that a pointer that several variants have at one place, and that no variable names, is
;; not relocated as one of them.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: not relocated: a pointer that is one of several at one place
; CHECK: define i32 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: getelementptr inbounds i8, ptr %t, i64 8

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %e) !dbg !29 {
  call void @llvm.dbg.value(metadata ptr %e, metadata !32, metadata !DIExpression()), !dbg !30
  %payload = getelementptr inbounds i8, ptr %e, i64 8, !dbg !31
  %t = load ptr, ptr %payload, !dbg !31
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !31
  %v = load i32, ptr %p, !dbg !31
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "sock", scope: !5, file: !2, size: 128, elements: !13)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !10, file: !2, baseType: !3, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "port", scope: !10, file: !2, baseType: !4, size: 32, offset: 64)
!13 = !{!11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!15 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "One", file: !2, size: 128, elements: !17)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "pointer", scope: !15, file: !2, baseType: !14, size: 64, offset: 64)
!17 = !{!16}
!18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!19 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Two", file: !2, size: 128, elements: !21)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "pointer", scope: !19, file: !2, baseType: !18, size: 64, offset: 64)
!21 = !{!20}
!22 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "Either", file: !2, size: 128, elements: !25)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "one", scope: !22, file: !2, baseType: !15, size: 128)
!24 = !DIDerivedType(tag: DW_TAG_member, name: "two", scope: !22, file: !2, baseType: !19, size: 128)
!25 = !{!23, !24}
!26 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !22, size: 64)
!27 = !{!4, !14}
!28 = !DISubroutineType(types: !27)
!29 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !28, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!30 = !DILocation(line: 1, scope: !29)
!31 = !DILocation(line: 2, scope: !29)
!32 = !DILocalVariable(name: "e", arg: 1, scope: !29, file: !2, line: 1, type: !26)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
