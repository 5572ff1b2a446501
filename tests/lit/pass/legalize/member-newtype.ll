;; Verify that a member of a newtype gets the type that is in it, which the kernel has.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %s | FileCheck %s

; CHECK: !DIDerivedType(tag: DW_TAG_member, name: "member", {{.*}}baseType: ![[TYPE:[0-9]+]]
; CHECK: ![[TYPE]] = !DIBasicType(name: "u32"

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !16 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !19, metadata !DIExpression()), !dbg !17
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !18
  %v = load i32, ptr %p, !dbg !18
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DINamespace(name: "vmlinux", scope: null)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "pid_t", scope: !4, file: !2, size: 32, elements: !7)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "__0", scope: !5, file: !2, baseType: !3, size: 32)
!7 = !{!6}
!8 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !4, file: !2, size: 128, elements: !12)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !8, size: 64)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "member", scope: !9, file: !2, baseType: !5, size: 32, offset: 64)
!12 = !{!10, !11}
!13 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!14 = !{!3, !13}
!15 = !DISubroutineType(types: !14)
!16 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !15, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!17 = !DILocation(line: 1, scope: !16)
!18 = !DILocation(line: 2, scope: !16)
!19 = !DILocalVariable(name: "t", arg: 1, scope: !16, file: !2, line: 1, type: !13)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
