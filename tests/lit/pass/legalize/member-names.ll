;; Verify that members and enumerators get legal names, different from each other.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: name: "_vptr_s"
; CHECK-DAG: name: "a_b_{{[0-9a-f]+}}", {{.*}}offset: 32
; CHECK-DAG: name: "a_b_{{[0-9a-f]+}}", {{.*}}offset: 64
; CHECK-DAG: !DIEnumerator(name: "zero_", value: 0)
; CHECK-DAG: !DIEnumerator(name: "one", value: 1)

target triple = "bpfel"

!3 = !{!4, !8}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "s", file: !2, size: 96, elements: !5, identifier: "s")
!5 = !{!10, !11, !12}
!7 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!8 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "e", file: !2, baseType: !7, size: 32, elements: !9)
!9 = !{!DIEnumerator(name: "zero?", value: 0), !DIEnumerator(name: "one", value: 1)}
!10 = !DIDerivedType(tag: DW_TAG_member, name: "_vptr$s", scope: !4, file: !2, baseType: !7, size: 32)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "a-b", scope: !4, file: !2, baseType: !7, size: 32, offset: 32)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a b", scope: !4, file: !2, baseType: !7, size: 32, offset: 64)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
