;; Verify that flavors of other records are no views of one memory.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: not relocated: the pointer is used as struct task and as struct sock___old
; CHECK: define i64 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: load i64, ptr %p

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !18 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !21, metadata !DIExpression()), !dbg !19
  call void @llvm.dbg.value(metadata ptr %t, metadata !22, metadata !DIExpression()), !dbg !19
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !20
  %v = load i64, ptr %p, !dbg !20
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 192, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "sock___old", scope: !5, file: !2, size: 192, elements: !13)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !10, file: !2, baseType: !4, size: 32)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "port", scope: !10, file: !2, baseType: !3, size: 64, offset: 64)
!13 = !{!11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!16 = !{!4, !14}
!17 = !DISubroutineType(types: !16)
!18 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !17, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!19 = !DILocation(line: 1, scope: !18)
!20 = !DILocation(line: 2, scope: !18)
!21 = !DILocalVariable(name: "t", arg: 1, scope: !18, file: !2, line: 1, type: !14)
!22 = !DILocalVariable(name: "other", scope: !18, file: !2, line: 1, type: !15)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
