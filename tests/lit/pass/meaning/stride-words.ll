;; Verify that of two arrays at one place the one is meant whose elements are as far apart as those
;; that the index counts: two bytes.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[DATA:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.outer) %o, i32 {{[0-9]+}}, i32 2)
; CHECK: %[[ARRAY:.*]] = call ptr @llvm.preserve.union.access.index.p0.p0(ptr %[[DATA]], i32 1)
; CHECK-NOT: call ptr @llvm.preserve.array
; CHECK: getelementptr inbounds i16, ptr {{.*}}, i64 %i

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %o, i64 %i) !dbg !26 {
  call void @llvm.dbg.value(metadata ptr %o, metadata !29, metadata !DIExpression()), !dbg !27
  %data = getelementptr inbounds i8, ptr %o, i64 16, !dbg !28
  %p = getelementptr inbounds i16, ptr %data, i64 %i, !dbg !28
  %v = load i16, ptr %p, !dbg !28
  %w = zext i16 %v to i32
  ret i32 %w
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!4 = !DISubrange(count: 8)
!5 = !{!4}
!6 = !DICompositeType(tag: DW_TAG_array_type, baseType: !3, size: 64, elements: !5)
!7 = !DIBasicType(name: "u16", size: 16, encoding: DW_ATE_unsigned)
!8 = !DISubrange(count: 4)
!9 = !{!8}
!10 = !DICompositeType(tag: DW_TAG_array_type, baseType: !7, size: 64, elements: !9)
!11 = !DINamespace(name: "vmlinux", scope: null)
!12 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "payload", scope: !11, file: !2, size: 64, elements: !15)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "bytes", scope: !12, file: !2, baseType: !6, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "words", scope: !12, file: !2, baseType: !10, size: 64)
!15 = !{!13, !14}
!16 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!17 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "outer", scope: !11, file: !2, size: 192, elements: !21)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !17, file: !2, baseType: !16, size: 64)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !17, file: !2, baseType: !16, size: 64, offset: 64)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "data", scope: !17, file: !2, baseType: !12, size: 64, offset: 128)
!21 = !{!18, !19, !20}
!22 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !17, size: 64)
!23 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!24 = !{!23, !22}
!25 = !DISubroutineType(types: !24)
!26 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !25, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!27 = !DILocation(line: 1, scope: !26)
!28 = !DILocation(line: 2, scope: !26)
!29 = !DILocalVariable(name: "o", arg: 1, scope: !26, file: !2, line: 1, type: !22)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
