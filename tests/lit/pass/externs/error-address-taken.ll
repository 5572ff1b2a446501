;; Verify that a function of these that is not called but stored is an error.
; RUN: not %opt -load-pass-plugin %plugin -passes=btfreloc -disable-output %s 2>&1 | FileCheck %s

; CHECK: error: {{.*}}__btfreloc_type_exists

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define ptr @f() !dbg !3 {
  ret ptr @__btfreloc_type_exists, !dbg !4
}
declare i32 @__btfreloc_type_exists(ptr)

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !5, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocation(line: 2, scope: !3)
!5 = !DISubroutineType(types: !7)
!6 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!7 = !{!6}
!8 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
