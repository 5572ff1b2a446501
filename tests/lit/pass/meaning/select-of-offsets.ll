;; Verify that an offset that is only known at run time, as optimisation makes one of two members,
;; is left and said.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: a.rs:2:0: not relocated: an index of an array that cannot be told
; CHECK: define i32 @f
; CHECK-NOT: call ptr @llvm.preserve
; CHECK: %p = getelementptr inbounds i8, ptr %t, i64 %offset
; CHECK-NEXT: load i32, ptr %p

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t, i1 %c) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %offset = select i1 %c, i64 4, i64 8
  %p = getelementptr inbounds i8, ptr %t, i64 %offset, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 128, elements: !17)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !10, size: 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !10, size: 32, offset: 32)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "c", scope: !9, file: !2, baseType: !10, size: 32, offset: 64)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "d", scope: !9, file: !2, baseType: !10, size: 32, offset: 96)
!17 = !{!13, !14, !15, !16}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
