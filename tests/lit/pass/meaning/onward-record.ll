;; Verify that a member of a record that is not annotated keeps its distance from that record,
;; which is a relocated member.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;nested=stop>' -S %s | FileCheck %s

; CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[Y:.*]] = getelementptr i8, ptr {{.*}}, i64 8
; CHECK: load i64, ptr %[[Y]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !18 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !21, metadata !DIExpression()), !dbg !19
  %in = getelementptr inbounds i8, ptr %t, i64 8, !dbg !20
  call void @llvm.dbg.value(metadata ptr %in, metadata !22, metadata !DIExpression()), !dbg !19
  %y = getelementptr inbounds i8, ptr %in, i64 8, !dbg !20
  %v = load i64, ptr %y, !dbg !20
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "inner", file: !2, size: 128, elements: !7)
!5 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !4, file: !2, baseType: !3, size: 64)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !4, file: !2, baseType: !3, size: 64, offset: 64)
!7 = !{!5, !6}
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !8, file: !2, size: 192, elements: !12)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !3, size: 64)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "in", scope: !9, file: !2, baseType: !4, size: 128, offset: 64)
!12 = !{!10, !11}
!13 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !4, size: 64)
!15 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!16 = !{!15, !13}
!17 = !DISubroutineType(types: !16)
!18 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !17, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!19 = !DILocation(line: 1, scope: !18)
!20 = !DILocation(line: 2, scope: !18)
!21 = !DILocalVariable(name: "t", arg: 1, scope: !18, file: !2, line: 1, type: !13)
!22 = !DILocalVariable(name: "in", scope: !18, file: !2, line: 1, type: !14)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
