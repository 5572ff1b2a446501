;; Verify that an array without elements that is not the last member does not reach behind its
;; record.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: not relocated: 4 bytes at offset 24 of struct record: it is outside of it
; CHECK: define i32 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: load i32, ptr %p

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !17 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !20, metadata !DIExpression()), !dbg !18
  %p = getelementptr inbounds i8, ptr %t, i64 24, !dbg !19
  %v = load i32, ptr %p, !dbg !19
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DISubrange(count: 0)
!5 = !{!4}
!6 = !DICompositeType(tag: DW_TAG_array_type, baseType: !3, size: 0, elements: !5)
!7 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "record", scope: !8, file: !2, size: 128, elements: !13)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "marker", scope: !9, file: !2, baseType: !6)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !7, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !7, size: 64, offset: 64)
!13 = !{!10, !11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!15 = !{!3, !14}
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
