;; Verify that the target `bpf`, without byte order, is taken as the data layout says.
; RUN: %emit %s --allow no-records -o %t.o
; RUN: %llvm-readelf -h %t.o | FileCheck %s

; CHECK: 2's complement, little endian

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpf"

define i32 @program() section "raw_tp/x" !dbg !5 { ret i32 0 }

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
!3 = !DISubroutineType(types: !4)
!4 = !{null}
!5 = distinct !DISubprogram(name: "program", scope: !2, file: !2, line: 1, type: !3, spFlags: DISPFlagDefinition, unit: !0)
