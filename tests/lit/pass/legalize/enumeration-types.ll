;; Verify that the integer type of an enumeration is no typedef, one that is too wide is only the
;; integer, and one that is only declared has a size.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: name: "small", {{.*}}baseType: ![[BYTE:[0-9]+]], size: 8
; CHECK-DAG: ![[BYTE]] = !DIBasicType(name: "unsigned char"
; CHECK-DAG: !DICompositeType(tag: DW_TAG_enumeration_type, name: "declared", {{.*}}size: 32, flags: DIFlagFwdDecl
; CHECK-NOT: name: "wide"

target triple = "bpfel"

!3 = !{!4, !5, !6}
!4 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "small", file: !2, baseType: !7, size: 8, elements: !11, identifier: "s")
!5 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "wide", file: !2, baseType: !9, size: 128, elements: !12, identifier: "w")
!6 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "declared", file: !2, flags: DIFlagFwdDecl)
!7 = !DIDerivedType(tag: DW_TAG_typedef, name: "u8", file: !2, baseType: !8)
!8 = !DIBasicType(name: "unsigned char", size: 8, encoding: DW_ATE_unsigned_char)
!9 = !DIBasicType(name: "u128", size: 128, encoding: DW_ATE_unsigned)
!11 = !{!DIEnumerator(name: "a", value: 0, isUnsigned: true)}
!12 = !{!DIEnumerator(name: "b", value: 1, isUnsigned: true)}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
