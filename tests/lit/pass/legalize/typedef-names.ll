;; Verify that typedefs, unions, enumerations and declared types get legal names, too.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: tag: DW_TAG_typedef, name: "Al_int_"
; CHECK-DAG: tag: DW_TAG_union_type, name: "U_int_"
; CHECK-DAG: tag: DW_TAG_enumeration_type, name: "main_E"
; CHECK-DAG: tag: DW_TAG_structure_type, name: "dyn_Trait"

target triple = "bpfel"

!3 = !{!4, !5, !6, !8}
!4 = !DIDerivedType(tag: DW_TAG_typedef, name: "Al<int>", file: !2, baseType: !7)
!5 = !DICompositeType(tag: DW_TAG_union_type, name: "U<int>", file: !2, size: 32, elements: !9, identifier: "u")
!6 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "main.E", file: !2, baseType: !7, size: 32, elements: !9, identifier: "e")
!7 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "dyn Trait", file: !2, flags: DIFlagFwdDecl)
!9 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
