;; Verify that variables that no other module sees get legal names. A dot is legal in theirs.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: @value_int_ = internal global
; CHECK: @function.counter = internal global
; CHECK: @"seen?" = global

target triple = "bpfel"

@"value<int>" = internal global i32 0, !dbg !4
@function.counter = internal global i32 0, !dbg !5
@"seen?" = global i32 0, !dbg !6

!4 = !DIGlobalVariableExpression(var: !8, expr: !DIExpression())
!5 = !DIGlobalVariableExpression(var: !9, expr: !DIExpression())
!6 = !DIGlobalVariableExpression(var: !10, expr: !DIExpression())
!7 = !{!4, !5, !6}
!8 = distinct !DIGlobalVariable(name: "value<int>", scope: !0, file: !2, type: !11, isLocal: true, isDefinition: true)
!9 = distinct !DIGlobalVariable(name: "counter", scope: !0, file: !2, type: !11, isLocal: true, isDefinition: true)
!10 = distinct !DIGlobalVariable(name: "seen?", scope: !0, file: !2, type: !11, isLocal: false, isDefinition: true)
!11 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, globals: !7)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
