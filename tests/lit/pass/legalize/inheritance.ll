;; Verify that a base class becomes an unnamed member. A virtual one is left out: its place is not known.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s

; CHECK: STRUCT 'derived' size=16 vlen=2
; CHECK-NEXT: 'x' type_id={{[0-9]+}} bits_offset=0
; CHECK-NEXT: '(anon)' type_id=[[BASE:[0-9]+]] bits_offset=64
; CHECK: {{^}}[[[BASE]]] STRUCT 'base' size=4 vlen=0

target triple = "bpfel"

@value = global i64 0, !dbg !4

!3 = !{!4}
!4 = !DIGlobalVariableExpression(var: !5, expr: !DIExpression())
!5 = distinct !DIGlobalVariable(name: "value", scope: !0, file: !2, type: !6, isLocal: false, isDefinition: true)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "derived", file: !2, size: 128, elements: !7, identifier: "d")
!7 = !{!8, !9, !10}
!8 = !DIDerivedType(tag: DW_TAG_inheritance, scope: !6, baseType: !11, offset: 64)
!9 = !DIDerivedType(tag: DW_TAG_inheritance, scope: !6, baseType: !12, flags: DIFlagVirtual, extraData: i32 0)
!10 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !6, file: !2, baseType: !14, size: 32)
!11 = !DICompositeType(tag: DW_TAG_structure_type, name: "base", file: !2, size: 32, elements: !13, identifier: "b")
!12 = !DICompositeType(tag: DW_TAG_structure_type, name: "other", file: !2, size: 32, elements: !13, identifier: "o")
!13 = !{}
!14 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug, globals: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
