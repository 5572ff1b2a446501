;; Verify that a phi that takes one address from one block twice, as a switch makes it, stays valid.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: phi ptr [ %[[X:.*]], %entry ], [ %[[X]], %entry ]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t, i32 %c) !dbg !5 {
entry:
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %m = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  switch i32 %c, label %end [ i32 1, label %end ]

end:
  %p = phi ptr [ %m, %entry ], [ %m, %entry ]
  %v = load i32, ptr %p, !dbg !7
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !9, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DILocation(line: 3, scope: !5)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!9 = !DISubroutineType(types: !12)
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !13, file: !2, size: 128, elements: !16)
!11 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!12 = !{!11, !8}
!13 = !DINamespace(name: "vmlinux", scope: null)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !10, file: !2, baseType: !17, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !10, file: !2, baseType: !11, size: 32, offset: 64)
!16 = !{!14, !15}
!17 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
