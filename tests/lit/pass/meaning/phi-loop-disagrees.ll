;; Verify that a phi is of no type when what comes in from the end of its loop is of another type.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: define i32 @f
; CHECK-NOT: elementtype(%btfreloc.task)
; CHECK: %p = getelementptr inbounds i8, ptr %t, i64 8
; CHECK-NEXT: load i32, ptr %p
; CHECK-NOT: elementtype(%btfreloc.task)

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %first, ptr %list) !dbg !6 {
entry:
  call void @llvm.dbg.value(metadata ptr %first, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %list, metadata !5, metadata !DIExpression()), !dbg !4
  br label %loop

loop:
  %t = phi ptr [ %first, %entry ], [ %next, %loop ]
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  %v = load i32, ptr %p, !dbg !7
  %n = getelementptr inbounds i8, ptr %list, i64 16, !dbg !8
  %next = load ptr, ptr %n, !dbg !8
  %more = icmp ne i32 %v, 0
  br i1 %more, label %loop, label %end

end:
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "first", arg: 1, scope: !6, file: !2, type: !9)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "list", arg: 2, scope: !6, file: !2, type: !10)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DILocation(line: 3, scope: !6)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!11 = !DISubroutineType(types: !15)
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !16, file: !2, size: 128, elements: !19)
!13 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "other", scope: !16, file: !2, size: 192, elements: !23)
!14 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!15 = !{!14, !9, !10}
!16 = !DINamespace(name: "vmlinux", scope: null)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !12, file: !2, baseType: !24, size: 64)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !12, file: !2, baseType: !14, size: 32, offset: 64)
!19 = !{!17, !18}
!20 = !DIDerivedType(tag: DW_TAG_member, name: "c", scope: !13, file: !2, baseType: !24, size: 64)
!21 = !DIDerivedType(tag: DW_TAG_member, name: "w", scope: !13, file: !2, baseType: !14, size: 32, offset: 64)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "next", scope: !13, file: !2, baseType: !10, size: 64, offset: 128)
!23 = !{!20, !21, !22}
!24 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
