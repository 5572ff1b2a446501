;; Verify that a pointer is told from an integer, and a float from both, in a union.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[U:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[Y:.*]] = call ptr @llvm.preserve.union.access.index.p0.p0(ptr %[[U]], i32 1)
; CHECK: load ptr, ptr %[[Y]]
; CHECK: %[[U2:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[Z:.*]] = call ptr @llvm.preserve.union.access.index.p0.p0(ptr %[[U2]], i32 2)
; CHECK: load double, ptr %[[Z]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define ptr @f(ptr %t) !dbg !7 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !8
  %v = load ptr, ptr %p, !dbg !8
  ret ptr %v
}

define double @g(ptr %t) !dbg !9 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !5, metadata !DIExpression()), !dbg !6
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !10
  %v = load double, ptr %p, !dbg !10
  ret double %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !7, file: !2, type: !11)
!4 = !DILocation(line: 1, scope: !7)
!5 = !DILocalVariable(name: "t", arg: 1, scope: !9, file: !2, type: !11)
!6 = !DILocation(line: 1, scope: !9)
!7 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !12, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!8 = !DILocation(line: 2, scope: !7)
!9 = distinct !DISubprogram(name: "g", scope: !2, file: !2, line: 1, type: !13, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!10 = !DILocation(line: 2, scope: !9)
!11 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !14, size: 64)
!12 = !DISubroutineType(types: !15)
!13 = !DISubroutineType(types: !17)
!14 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !18, file: !2, size: 128, elements: !21)
!15 = !{!11, !11}
!16 = !DIBasicType(name: "f64", size: 64, encoding: DW_ATE_float)
!17 = !{!16, !11}
!18 = !DINamespace(name: "vmlinux", scope: null)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !14, file: !2, baseType: !22, size: 64)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "u", scope: !14, file: !2, baseType: !23, size: 64, offset: 64)
!21 = !{!19, !20}
!22 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!23 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "either", scope: !18, file: !2, size: 64, elements: !27)
!24 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !23, file: !2, baseType: !22, size: 64)
!25 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !23, file: !2, baseType: !11, size: 64)
!26 = !DIDerivedType(tag: DW_TAG_member, name: "z", scope: !23, file: !2, baseType: !16, size: 64)
!27 = !{!24, !25, !26}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
