;; Verify that an address that goes where one of a newtype is wanted is that of the member of that
;; newtype, not of the record that begins with it.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[C:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.inner) %[[IN]], i32 {{[0-9]+}}, i32 0)
; CHECK: call i32 @g(

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

declare !dbg !27 i32 @g(ptr)

define i32 @f(ptr %t) !dbg !20 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !23, metadata !DIExpression()), !dbg !21
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !22
  %v = call i32 @g(ptr %p), !dbg !22
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DINamespace(name: "vmlinux", scope: null)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Number", scope: !4, file: !2, size: 32, elements: !7)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !5, file: !2, baseType: !3, size: 32)
!7 = !{!6}
!8 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "inner", scope: !4, file: !2, size: 64, elements: !11)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "c", scope: !8, file: !2, baseType: !5, size: 32)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "d", scope: !8, file: !2, baseType: !3, size: 32, offset: 32)
!11 = !{!9, !10}
!12 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!13 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !4, file: !2, size: 128, elements: !16)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !13, file: !2, baseType: !12, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "in", scope: !13, file: !2, baseType: !8, size: 64, offset: 64)
!16 = !{!14, !15}
!17 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!18 = !{!3, !17}
!19 = !DISubroutineType(types: !18)
!20 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !19, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!21 = !DILocation(line: 1, scope: !20)
!22 = !DILocation(line: 2, scope: !20)
!23 = !DILocalVariable(name: "t", arg: 1, scope: !20, file: !2, line: 1, type: !17)
!24 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !5, size: 64)
!25 = !{!3, !24}
!26 = !DISubroutineType(types: !25)
!27 = !DISubprogram(name: "g", scope: !2, file: !2, line: 1, type: !26, spFlags: 0)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
