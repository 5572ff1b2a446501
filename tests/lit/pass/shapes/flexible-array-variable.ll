;; Verify that a variable index into the array without bounds at the end of a record counts from
;; the relocated array.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[DATA:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.record) %t, i32 {{[0-9]+}}, i32 2)
; CHECK: getelementptr inbounds i32, ptr {{.*}}, i64 %i

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t, i64 %i) !dbg !17 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !20, metadata !DIExpression()), !dbg !18
  %data = getelementptr inbounds i8, ptr %t, i64 16, !dbg !19
  %p = getelementptr inbounds i32, ptr %data, i64 %i, !dbg !19
  %v = load i32, ptr %p, !dbg !19
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DISubrange(count: 0)
!6 = !{!5}
!7 = !DICompositeType(tag: DW_TAG_array_type, baseType: !4, size: 0, elements: !6)
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "record", scope: !8, file: !2, size: 128, elements: !13)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !3, size: 64)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "count", scope: !9, file: !2, baseType: !3, size: 64, offset: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "data", scope: !9, file: !2, baseType: !7, offset: 128)
!13 = !{!10, !11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!15 = !{!4, !14}
!16 = !DISubroutineType(types: !15)
!17 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !16, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!18 = !DILocation(line: 1, scope: !17)
!19 = !DILocation(line: 2, scope: !17)
!20 = !DILocalVariable(name: "t", arg: 1, scope: !17, file: !2, line: 1, type: !14)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
