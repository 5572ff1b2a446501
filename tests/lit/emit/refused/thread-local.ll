;; Verify that a thread-local variable is refused with the place that uses it.
; RUN: rm -rf %t && mkdir %t && %refuses 1 %emit %s --allow no-records -o %t/x.o | FileCheck %s

; CHECK: error[{{.*}}]: {{.*}}thread
; CHECK-NEXT: --> a.c:7:3
; CHECK: errors: 1

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@counter = thread_local global i32 3

define i32 @program() section "raw_tp/f" !dbg !5 {
  %v = load i32, ptr @counter, !dbg !6
  ret i32 %v
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
!3 = !DISubroutineType(types: !4)
!4 = !{null}
!5 = distinct !DISubprogram(name: "program", scope: !2, file: !2, line: 6, type: !3, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 7, column: 3, scope: !5)
