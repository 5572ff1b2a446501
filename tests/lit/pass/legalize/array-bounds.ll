;; Verify that an array has a number of elements, and none when the running program decides.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: upperBound
; CHECK-DAG: !DISubrange(count: -1{{.*}})
; CHECK-DAG: !DISubrange(count: 3{{.*}})

target triple = "bpfel"

!3 = !{!4, !5}
!4 = !DICompositeType(tag: DW_TAG_array_type, baseType: !6, elements: !7)
!5 = !DICompositeType(tag: DW_TAG_array_type, baseType: !6, size: 96, elements: !8)
!6 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!7 = !{!DISubrange(count: !9)}
!8 = !{!DISubrange(lowerBound: 1, upperBound: 3)}
!9 = !DILocalVariable(name: "n", scope: !10, file: !2, type: !6)
!10 = distinct !DISubprogram(name: "f", file: !2, type: !11, spFlags: DISPFlagDefinition, unit: !0)
!11 = !DISubroutineType(types: !12)
!12 = !{null}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
