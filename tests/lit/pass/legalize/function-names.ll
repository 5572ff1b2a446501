;; Verify that functions get legal names, and operators stay different from each other.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "operator_[[LESS:[0-9a-f]+]]", linkageName: "less"
; CHECK-NOT: name: "operator_[[LESS]]"
; CHECK: name: "operator_{{[0-9a-f]+}}", linkageName: "greater"
; CHECK: name: "_closure_0_", linkageName: "closure"

target triple = "bpfel"

define void @less() !dbg !4 {
  ret void
}
define void @greater() !dbg !5 {
  ret void
}
define void @closure() !dbg !6 {
  ret void
}

!4 = distinct !DISubprogram(name: "operator<", linkageName: "less", file: !2, type: !7, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !8)
!5 = distinct !DISubprogram(name: "operator>", linkageName: "greater", file: !2, type: !7, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !8)
!6 = distinct !DISubprogram(name: "{closure#0}", linkageName: "closure", file: !2, type: !7, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !8)
!7 = !DISubroutineType(types: !9)
!8 = !{}
!9 = !{null}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
