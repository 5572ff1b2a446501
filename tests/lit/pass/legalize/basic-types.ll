;; Verify that encodings that BTF has no word for become unsigned integers of the same size.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: !DIBasicType(name: "char", size: 32, encoding: DW_ATE_unsigned)
; CHECK: !DIBasicType(name: "fixed", size: 16, encoding: DW_ATE_signed)
; CHECK: !DIBasicType(name: "decimal", size: 64, encoding: DW_ATE_unsigned)
; CHECK: !DIBasicType(name: "flag", size: 8, encoding: DW_ATE_boolean)
; CHECK: !DIBasicType(name: "f32", size: 32, encoding: DW_ATE_float)

target triple = "bpfel"

!3 = !{!10, !11, !12, !13, !14}
!10 = !DIBasicType(name: "char", size: 32, encoding: DW_ATE_UTF)
!11 = !DIBasicType(name: "fixed", size: 16, encoding: DW_ATE_signed_fixed)
!12 = !DIBasicType(name: "decimal", size: 64, encoding: DW_ATE_decimal_float)
!13 = !DIBasicType(name: "flag", size: 8, encoding: DW_ATE_boolean)
!14 = !DIBasicType(name: "f32", size: 32, encoding: DW_ATE_float)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
