;; Verify that types of one illegal name in different scopes are told apart, the same type of two units is
;; not, and legal names stay.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "S_u8_[[A:[0-9a-f]+]]", {{.*}}size: 8,
; CHECK-NOT: name: "S_u8_[[A]]"
; CHECK: name: "S_u8_{{[0-9a-f]+}}", {{.*}}size: 16,
; CHECK: name: "T_u8_"
; CHECK: name: "T_u8_"
; CHECK: name: "legal"

target triple = "bpfel"

!3 = !{!4, !5, !6, !7, !8}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "S<u8>", scope: !10, file: !2, size: 8, elements: !9, identifier: "1")
!5 = !DICompositeType(tag: DW_TAG_structure_type, name: "S<u8>", scope: !11, file: !2, size: 16, elements: !9, identifier: "2")
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "T<u8>", scope: !10, file: !2, size: 8, elements: !9)
!7 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "T<u8>", scope: !10, file: !2, size: 8, elements: !9)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "legal", scope: !10, file: !2, size: 8, elements: !9, identifier: "3")
!9 = !{}
!10 = !DINamespace(name: "a", scope: null)
!11 = !DINamespace(name: "b", scope: null)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
