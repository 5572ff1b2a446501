;; Verify that a record's own address is that of the first member where the function it goes to
;; takes one.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 0, i32 0)
; CHECK: call void @take(ptr %{{.*}})
; CHECK-NOT: @take(ptr %t)

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  call void @take(ptr %t), !dbg !6
  ret void
}
declare !dbg !7 void @take(ptr)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !9, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DISubprogram(name: "take", scope: !2, file: !2, type: !10, spFlags: 0)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!9 = !DISubroutineType(types: !12)
!10 = !DISubroutineType(types: !14)
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !15, file: !2, size: 128, elements: !18)
!12 = !{null, !8}
!13 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !19, size: 64)
!14 = !{null, !13}
!15 = !DINamespace(name: "vmlinux", scope: null)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !19, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !11, file: !2, baseType: !20, size: 32, offset: 64)
!18 = !{!16, !17}
!19 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!20 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
