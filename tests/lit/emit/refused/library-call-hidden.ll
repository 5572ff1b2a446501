;; Verify that a call of LLVM's runtime library that the backend makes of an instruction in silence is
;; refused: the object would have an undefined symbol.
; RUN: rm -rf %t && mkdir %t && %refuses 1 %emit %s --allow no-records -o %t/x.o | FileCheck %s

; CHECK: error[unsupported-atomic]:
; CHECK-NEXT: --> atomics.c:7:3
; CHECK: error[unsupported-atomic]:
; CHECK-NEXT: --> atomics.c:8:3
; CHECK: errors: 2

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @program(ptr %from) section "raw_tp/f" !dbg !5 {
  %r = load atomic i64, ptr %from monotonic, align 1, !dbg !6
  store atomic i128 0, ptr %from monotonic, align 16, !dbg !7
  ret i64 %r
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "atomics.c", directory: "")
!3 = !DISubroutineType(types: !4)
!4 = !{null}
!5 = distinct !DISubprogram(name: "program", scope: !2, file: !2, line: 6, type: !3, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 7, column: 3, scope: !5)
!7 = !DILocation(line: 8, column: 3, scope: !5)
