;; Verify that a basic type of size 0 becomes an empty structure, and nullptr_t a pointer.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: !{![[UNIT:[0-9]+]], ![[NULL:[0-9]+]]}
; CHECK: ![[UNIT]] = distinct !DICompositeType(tag: DW_TAG_structure_type, elements:
; CHECK: ![[NULL]] = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: null, size: 64)

target triple = "bpfel"

!3 = !{!10, !11}
!10 = !DIBasicType(name: "()", encoding: DW_ATE_unsigned)
!11 = !DIBasicType(tag: DW_TAG_unspecified_type, name: "decltype(nullptr)")

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
