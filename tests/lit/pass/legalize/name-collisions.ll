;; Verify that names that become the same are told apart by their hash, and those that are legal stay.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "Option_u32_[[PAREN:[0-9a-f]+]]"
; CHECK: name: "Option_u32_[[ANGLE:[0-9a-f]+]]"
; CHECK: name: "Option_u32_[[ANGLE]]"
; CHECK: name: "Some_u8_{{[0-9a-f]+}}"
; CHECK: name: "Some_u8_"
; CHECK: name: "Other_u8_"

target triple = "bpfel"

!3 = !{!10, !11, !12, !13, !14, !15}
!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "Option(u32)", file: !2, size: 8, elements: !4, identifier: "0")
!11 = !DICompositeType(tag: DW_TAG_structure_type, name: "Option<u32>", file: !2, size: 8, elements: !4, identifier: "1")
!12 = !DICompositeType(tag: DW_TAG_structure_type, name: "Option<u32>", file: !2, size: 8, elements: !4, identifier: "2")
!13 = !DICompositeType(tag: DW_TAG_structure_type, name: "Some<u8>", file: !2, size: 8, elements: !4, identifier: "3")
!14 = !DICompositeType(tag: DW_TAG_structure_type, name: "Some_u8_", file: !2, size: 8, elements: !4, identifier: "4")
!15 = !DICompositeType(tag: DW_TAG_structure_type, name: "Other<u8>", file: !2, size: 8, elements: !4, identifier: "5")
!4 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
