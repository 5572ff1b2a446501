;; Verify that pointers and arrays lose the names that Rust gives them.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: !DIDerivedType(tag: DW_TAG_pointer_type, baseType:
; CHECK-DAG: !DICompositeType(tag: DW_TAG_array_type, baseType:

target triple = "bpfel"

!3 = !{!4, !5}
!4 = !DIDerivedType(tag: DW_TAG_pointer_type, name: "*const u8", baseType: !6, size: 64)
!5 = !DICompositeType(tag: DW_TAG_array_type, name: "bytes", baseType: !6, size: 32, elements: !7)
!6 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!7 = !{!DISubrange(count: 4)}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
