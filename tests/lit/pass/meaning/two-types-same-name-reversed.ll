;; Verify that a pointer that is used as a kernel's record and as an own one of the same name is
;; left and said.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:0: not relocated: the pointer is used as
; CHECK: define i32 @f
; CHECK-NOT: call ptr @llvm.preserve

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !6 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %t, metadata !5, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  %v = load i32, ptr %p, !dbg !7
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "own", arg: 1, scope: !6, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "kernels", scope: !6, file: !2, type: !9)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !10, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DISubroutineType(types: !14)
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !15, file: !2, size: 128, elements: !18)
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !19, file: !2, size: 128, elements: !22)
!13 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!14 = !{!13, !8}
!15 = !DINamespace(name: "mine", scope: null)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !23, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !11, file: !2, baseType: !13, size: 32, offset: 64)
!18 = !{!16, !17}
!19 = !DINamespace(name: "vmlinux", scope: null)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !12, file: !2, baseType: !23, size: 64)
!21 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !12, file: !2, baseType: !13, size: 32, offset: 64)
!22 = !{!20, !21}
!23 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
