;; Verify that a class is a structure, for whatever refers to it.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: DW_TAG_class_type
; CHECK: ![[C:[0-9]+]] = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "c"
; CHECK-DAG: name: "self", scope: ![[C]]
; CHECK-DAG: tag: DW_TAG_pointer_type, baseType: ![[C]]
; CHECK-DAG: tag: DW_TAG_structure_type, name: "declared", {{.*}}flags: DIFlagFwdDecl
; CHECK-NOT: DW_TAG_class_type

target triple = "bpfel"

!3 = !{!4, !5}
!4 = distinct !DICompositeType(tag: DW_TAG_class_type, name: "c", file: !2, size: 64, elements: !6, identifier: "c")
!5 = !DICompositeType(tag: DW_TAG_class_type, name: "declared", file: !2, flags: DIFlagFwdDecl)
!6 = !{!7}
!7 = !DIDerivedType(tag: DW_TAG_member, name: "self", scope: !4, file: !2, baseType: !8, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !4, size: 64)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
