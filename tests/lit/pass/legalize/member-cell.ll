;; Verify that a member in several wrappers of the language gets the type in the innermost.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -S %s | FileCheck %s

; CHECK: !DIDerivedType(tag: DW_TAG_member, name: "member", {{.*}}baseType: ![[TYPE:[0-9]+]]
; CHECK: ![[TYPE]] = !DIBasicType(name: "u32"

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !20 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !23, metadata !DIExpression()), !dbg !21
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !22
  %v = load i32, ptr %p, !dbg !22
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!4 = !DINamespace(name: "core", scope: null)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "UnsafeCell<u32>", scope: !4, file: !2, size: 32, elements: !7)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "value", scope: !5, file: !2, baseType: !3, size: 32)
!7 = !{!6}
!8 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "Cell<u32>", scope: !4, file: !2, size: 32, elements: !10)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "value", scope: !8, file: !2, baseType: !5, size: 32)
!10 = !{!9}
!11 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 128, elements: !16)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !13, file: !2, baseType: !11, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "member", scope: !13, file: !2, baseType: !8, size: 32, offset: 64)
!16 = !{!14, !15}
!17 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!18 = !{!3, !17}
!19 = !DISubroutineType(types: !18)
!20 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !19, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!21 = !DILocation(line: 1, scope: !20)
!22 = !DILocation(line: 2, scope: !20)
!23 = !DILocalVariable(name: "t", arg: 1, scope: !20, file: !2, line: 1, type: !17)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
