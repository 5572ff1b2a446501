;; Verify that typedefs, declared types and enumerators that have no name get one.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: tag: DW_TAG_typedef, name: "_"
; CHECK-DAG: tag: DW_TAG_structure_type, name: "_"
; CHECK-DAG: !DIEnumerator(name: "first", value: 0)
; CHECK-DAG: !DIEnumerator(name: "_1", value: 1)

target triple = "bpfel"

!3 = !{!4, !5, !8}
!4 = !DIDerivedType(tag: DW_TAG_typedef, name: "", file: !2, baseType: !7)
!5 = !DICompositeType(tag: DW_TAG_structure_type, file: !2, flags: DIFlagFwdDecl)
!7 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!8 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "e", file: !2, baseType: !7, size: 32, elements: !9)
!9 = !{!DIEnumerator(name: "first", value: 0), !DIEnumerator(name: "", value: 1)}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
