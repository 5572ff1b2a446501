;; Verify that pointers to members become integers of their size.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: ptr_to_member
; CHECK: !DIBasicType(name: "unsigned long", size: 64, encoding: DW_ATE_unsigned)
; CHECK: !DIBasicType(name: "unsigned __int128", size: 128, encoding: DW_ATE_unsigned)

target triple = "bpfel"

!3 = !{!4, !5}
!4 = !DIDerivedType(tag: DW_TAG_ptr_to_member_type, baseType: !6, size: 64, extraData: !7)
!5 = !DIDerivedType(tag: DW_TAG_ptr_to_member_type, baseType: !8, size: 128, extraData: !7)
!6 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!7 = !DICompositeType(tag: DW_TAG_structure_type, name: "s", file: !2, size: 32, elements: !9, identifier: "s")
!8 = !DISubroutineType(types: !10)
!9 = !{}
!10 = !{null}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
