;; Verify that of several flavors of one record the one is meant that has such a member there.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[STATE:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task___old) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i64, ptr %[[STATE]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !19 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !22, metadata !DIExpression()), !dbg !20
  call void @llvm.dbg.value(metadata ptr %t, metadata !23, metadata !DIExpression()), !dbg !20
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !21
  %v = load i64, ptr %p, !dbg !21
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 192, elements: !10)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !6, file: !2, baseType: !3, size: 64, offset: 128)
!10 = !{!7, !8, !9}
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task___old", scope: !5, file: !2, size: 192, elements: !14)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !3, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "state", scope: !11, file: !2, baseType: !3, size: 64, offset: 64)
!14 = !{!12, !13}
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!16 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!17 = !{!4, !15}
!18 = !DISubroutineType(types: !17)
!19 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !18, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!20 = !DILocation(line: 1, scope: !19)
!21 = !DILocation(line: 2, scope: !19)
!22 = !DILocalVariable(name: "t", arg: 1, scope: !19, file: !2, line: 1, type: !15)
!23 = !DILocalVariable(name: "old", scope: !19, file: !2, line: 1, type: !16)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
