;; Verify that a member of a record of the language with several members stays what it is.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %s | FileCheck %s

; CHECK: !DIDerivedType(tag: DW_TAG_member, name: "member", {{.*}}baseType: ![[TYPE:[0-9]+]]
; CHECK: ![[TYPE]] = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Range

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !18 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !21, metadata !DIExpression()), !dbg !19
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !20
  %v = load i32, ptr %p, !dbg !20
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DINamespace(name: "core", scope: null)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Range<u32>", scope: !4, file: !2, size: 64, elements: !8)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "start", scope: !5, file: !2, baseType: !3, size: 32)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "end", scope: !5, file: !2, baseType: !3, size: 32, offset: 32)
!8 = !{!6, !7}
!9 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!10 = !DINamespace(name: "vmlinux", scope: null)
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !10, file: !2, size: 128, elements: !14)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !9, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "member", scope: !11, file: !2, baseType: !5, size: 64, offset: 64)
!14 = !{!12, !13}
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!16 = !{!3, !15}
!17 = !DISubroutineType(types: !16)
!18 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !17, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!19 = !DILocation(line: 1, scope: !18)
!20 = !DILocation(line: 2, scope: !18)
!21 = !DILocalVariable(name: "t", arg: 1, scope: !18, file: !2, line: 1, type: !15)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
