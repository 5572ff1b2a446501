;; Verify that a record that is only declared, as clang does for classes whose constructor is elsewhere,
;; is one without members where something holds it by value.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: distinct !DICompositeType(tag: DW_TAG_structure_type, name: "held", file: !{{[0-9]+}}, size: 64)
; CHECK-DAG: tag: DW_TAG_structure_type, name: "pointed", {{.*}}flags: DIFlagFwdDecl

target triple = "bpfel"

!3 = !{!4, !8}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "s", file: !2, size: 64, elements: !5, identifier: "s")
!5 = !{!6}
!6 = !DIDerivedType(tag: DW_TAG_member, name: "held", scope: !4, file: !2, baseType: !7, size: 64)
!7 = !DICompositeType(tag: DW_TAG_class_type, name: "held", file: !2, size: 64, flags: DIFlagFwdDecl, identifier: "h")
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!9 = !DICompositeType(tag: DW_TAG_class_type, name: "pointed", file: !2, size: 64, flags: DIFlagFwdDecl, identifier: "p")

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
