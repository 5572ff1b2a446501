;; Verify that records of the namespace core are not the kernel's, whatever globs say.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=*>' -S %s | FileCheck %s

; CHECK: define i32 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: getelementptr inbounds i8, ptr %t, i64 8

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !14 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !17, metadata !DIExpression()), !dbg !15
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !16
  %v = load i32, ptr %p, !dbg !16
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DINamespace(name: "core", scope: null)
!4 = !DINamespace(name: "ops", scope: !3)
!5 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!6 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!7 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Range", scope: !4, file: !2, size: 128, elements: !10)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "start", scope: !7, file: !2, baseType: !5, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "end", scope: !7, file: !2, baseType: !6, size: 32, offset: 64)
!10 = !{!8, !9}
!11 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
!12 = !{!6, !11}
!13 = !DISubroutineType(types: !12)
!14 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !13, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!15 = !DILocation(line: 1, scope: !14)
!16 = !DILocation(line: 2, scope: !14)
!17 = !DILocalVariable(name: "t", arg: 1, scope: !14, file: !2, line: 1, type: !11)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
