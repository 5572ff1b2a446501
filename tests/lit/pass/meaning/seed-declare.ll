;; Verify that a stack slot has the type of the variable declared there, so that what is loaded from
;; it points to the record.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[T:.*]] = load ptr, ptr %slot
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %[[T]], i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f() !dbg !5 {
  %slot = alloca ptr
  call void @llvm.dbg.declare(metadata ptr %slot, metadata !3, metadata !DIExpression()), !dbg !4
  %t = load ptr, ptr %slot, !dbg !6
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 128, elements: !15)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !16, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !10, size: 32, offset: 64)
!15 = !{!13, !14}
!16 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
