;; Verify that what lies behind a relocated array is not relocated either by a pointer that has a
;; variable of its own there.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: not relocated: 32 bytes on from struct task.nums[0]: it is outside of it
; CHECK: define i32 @f(
; CHECK-NOT: call ptr @llvm.preserve.
; CHECK: load i32, ptr %q

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !18 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !21, metadata !DIExpression()), !dbg !19
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !20
  call void @llvm.dbg.value(metadata ptr %p, metadata !22, metadata !DIExpression()), !dbg !19
  %q = getelementptr inbounds i8, ptr %p, i64 32, !dbg !20
  call void @llvm.dbg.value(metadata ptr %q, metadata !23, metadata !DIExpression()), !dbg !19
  %v = load i32, ptr %q, !dbg !20
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DISubrange(count: 8)
!6 = !{!5}
!7 = !DICompositeType(tag: DW_TAG_array_type, baseType: !4, size: 256, elements: !6)
!8 = !DINamespace(name: "vmlinux", scope: null)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !8, file: !2, size: 384, elements: !13)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !3, size: 64)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "nums", scope: !9, file: !2, baseType: !7, size: 256, offset: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !9, file: !2, baseType: !4, size: 32, offset: 320)
!13 = !{!10, !11, !12}
!14 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !4, size: 64)
!16 = !{!4, !14}
!17 = !DISubroutineType(types: !16)
!18 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !17, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!19 = !DILocation(line: 1, scope: !18)
!20 = !DILocation(line: 2, scope: !18)
!21 = !DILocalVariable(name: "t", arg: 1, scope: !18, file: !2, line: 1, type: !14)
!22 = !DILocalVariable(name: "p", scope: !18, file: !2, line: 1, type: !15)
!23 = !DILocalVariable(name: "q", scope: !18, file: !2, line: 1, type: !15)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
