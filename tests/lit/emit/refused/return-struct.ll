;; Verify that a function that returns two words is refused, with its place.
; RUN: rm -rf %t && mkdir %t && %refuses 1 %emit %s --allow no-records -o %t/x.o | FileCheck %s

; CHECK: error[too-large-return]: a value of more than one register is returned
; CHECK-NEXT: --> a.rs:7
; CHECK: = note: in `pair`
; CHECK: errors: 1

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define { i64, i64 } @pair(i64 %a, i64 %b) noinline !dbg !5 {
  %x = insertvalue { i64, i64 } poison, i64 %a, 0
  %y = insertvalue { i64, i64 } %x, i64 %b, 1
  ret { i64, i64 } %y
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")
!3 = !DISubroutineType(types: !4)
!4 = !{null}
!5 = distinct !DISubprogram(name: "pair", scope: !2, file: !2, line: 7, type: !3, spFlags: DISPFlagDefinition, unit: !0)
