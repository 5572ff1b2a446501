;; Verify that an array that is loaded as one integer is as good as the integer that another flavor
;; of the record has there.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: not relocated: the pointer is used as struct task and as struct task___old
; CHECK: define i64 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: load i64, ptr %p

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !23 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !26, metadata !DIExpression()), !dbg !24
  call void @llvm.dbg.value(metadata ptr %t, metadata !27, metadata !DIExpression()), !dbg !24
  %p = getelementptr inbounds i8, ptr %t, i64 16, !dbg !25
  %v = load i64, ptr %p, !dbg !25
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 192, elements: !10)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !6, file: !2, baseType: !3, size: 64, offset: 128)
!10 = !{!7, !8, !9}
!11 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!12 = !DISubrange(count: 8)
!13 = !{!12}
!14 = !DICompositeType(tag: DW_TAG_array_type, baseType: !11, size: 64, elements: !13)
!15 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task___old", scope: !5, file: !2, size: 192, elements: !18)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !15, file: !2, baseType: !3, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "comm", scope: !15, file: !2, baseType: !14, size: 64, offset: 128)
!18 = !{!16, !17}
!19 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!20 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !15, size: 64)
!21 = !{!4, !19}
!22 = !DISubroutineType(types: !21)
!23 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !22, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!24 = !DILocation(line: 1, scope: !23)
!25 = !DILocation(line: 2, scope: !23)
!26 = !DILocalVariable(name: "t", arg: 1, scope: !23, file: !2, line: 1, type: !19)
!27 = !DILocalVariable(name: "old", scope: !23, file: !2, line: 1, type: !20)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
