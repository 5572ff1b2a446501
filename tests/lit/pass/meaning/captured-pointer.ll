;; Verify that a pointer is followed that a closure captures by reference, first in its
;; environment.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %t = load ptr, ptr %captured
; CHECK: %[[PID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[PID]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %env) !dbg !13 {
  %slot = alloca ptr
  store ptr %env, ptr %slot
  call void @llvm.dbg.declare(metadata ptr %slot, metadata !16, metadata !DIExpression(DW_OP_deref, DW_OP_deref)), !dbg !14
  %captured = load ptr, ptr %env, !dbg !15
  %t = load ptr, ptr %captured, !dbg !15
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !15
  %v = load i32, ptr %p, !dbg !15
  ret i32 %v
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!11 = !{!4, !10}
!12 = !DISubroutineType(types: !11)
!13 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !12, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!14 = !DILocation(line: 1, scope: !13)
!15 = !DILocation(line: 2, scope: !13)
!16 = !DILocalVariable(name: "t", arg: 1, scope: !13, file: !2, line: 1, type: !10)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
