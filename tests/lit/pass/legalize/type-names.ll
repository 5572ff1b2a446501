;; Verify that a run of illegal characters in a name becomes one underscore, and no run of underscores
;; becomes one of three: that would make the name a CO-RE flavor of another.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "Vec_u8_"
; CHECK: name: "Foo_T_"
; CHECK: name: "Foo__"
; CHECK: name: "a__b"
; CHECK: name: "_u32_u64_"
; CHECK: name: "_9lives"
; CHECK: name: "task___old"
; CHECK: name: "Fo_"
; CHECK: name: "_impl_0_"

target triple = "bpfel"

!3 = !{!10, !11, !12, !13, !14, !15, !16, !17, !18}
!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "Vec<u8>", file: !2, size: 8, elements: !4, identifier: "0")
!11 = !DICompositeType(tag: DW_TAG_structure_type, name: "Foo<&&T>", file: !2, size: 8, elements: !4, identifier: "1")
!12 = !DICompositeType(tag: DW_TAG_structure_type, name: "Foo<_>", file: !2, size: 8, elements: !4, identifier: "2")
!13 = !DICompositeType(tag: DW_TAG_structure_type, name: "a__<b", file: !2, size: 8, elements: !4, identifier: "3")
!14 = !DICompositeType(tag: DW_TAG_structure_type, name: "(u32, u64)", file: !2, size: 8, elements: !4, identifier: "4")
!15 = !DICompositeType(tag: DW_TAG_structure_type, name: "9lives", file: !2, size: 8, elements: !4, identifier: "5")
!16 = !DICompositeType(tag: DW_TAG_structure_type, name: "task___old", file: !2, size: 8, elements: !4, identifier: "6")
!17 = !DICompositeType(tag: DW_TAG_structure_type, name: "Fo\C3\B6", file: !2, size: 8, elements: !4, identifier: "7")
!18 = !DICompositeType(tag: DW_TAG_structure_type, name: "{impl#0}", file: !2, size: 8, elements: !4, identifier: "8")
!4 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
