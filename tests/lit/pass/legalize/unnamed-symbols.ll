;; Verify that a function that no source names has the name of its symbol, and an unnamed variable gets a
;; name.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: @_ = private constant
; CHECK: !DISubprogram(name: "_GLOBAL__sub_I_a_cpp", linkageName: "_GLOBAL__sub_I_a.cpp"

target triple = "bpfel"

@0 = private constant i32 0, !dbg !4

define internal void @_GLOBAL__sub_I_a.cpp() !dbg !5 {
  ret void
}

!4 = !DIGlobalVariableExpression(var: !8, expr: !DIExpression())
!5 = distinct !DISubprogram(linkageName: "_GLOBAL__sub_I_a.cpp", file: !2, type: !6, flags: DIFlagArtificial, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !9)
!6 = !DISubroutineType(types: !10)
!7 = !{!4}
!8 = distinct !DIGlobalVariable(name: "<a as b>::{vtable}", scope: !0, file: !2, type: !11, isLocal: true, isDefinition: true)
!9 = !{}
!10 = !{null}
!11 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, globals: !7)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
