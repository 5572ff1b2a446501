;; Verify that methods, static members, nested types and friends are no members.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "s", {{.*}}elements: ![[LIST:[0-9]+]]
; CHECK: ![[LIST]] = !{![[X:[0-9]+]]}
; CHECK: ![[X]] = !DIDerivedType(tag: DW_TAG_member, name: "x"

target triple = "bpfel"

!3 = !{!4}
!4 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", file: !2, size: 32, elements: !5, identifier: "s")
!5 = !{!6, !7, !8, !9, !10}
!6 = !DISubprogram(name: "method", scope: !4, file: !2, type: !13, spFlags: 0)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "count", scope: !4, file: !2, baseType: !12, flags: DIFlagStaticMember)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !4, file: !2, baseType: !12, size: 32)
!9 = !DICompositeType(tag: DW_TAG_structure_type, name: "nested", scope: !4, file: !2, size: 32, elements: !14, identifier: "n")
!10 = !DIDerivedType(tag: DW_TAG_friend, scope: !4, baseType: !9)
!12 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!13 = !DISubroutineType(types: !15)
!14 = !{}
!15 = !{null}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
