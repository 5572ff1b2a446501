;; Verify that a DW_TAG_variant, whose members are the record's, becomes a structure.
; REQUIRES: llvm-22
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s

; CHECK: [1] STRUCT 'E' size=8 vlen=2
; CHECK-NEXT: 'kind' type_id=[[U8:[0-9]+]] bits_offset=0
; CHECK-NEXT: '(anon)' type_id=[[UNION:[0-9]+]] bits_offset=0
; CHECK: {{^}}[[[UNION]]] UNION '(anon)' size=8 vlen=2
; CHECK-NEXT: '(anon)' type_id=[[U8]] bits_offset=0
; CHECK-NEXT: '(anon)' type_id=[[PAYLOAD:[0-9]+]] bits_offset=0
; CHECK: {{^}}[[[PAYLOAD]]] STRUCT '(anon)' size=8 vlen=2
; CHECK-NEXT: 'y' type_id=[[U8]] bits_offset=8
; CHECK-NEXT: 'x' type_id={{[0-9]+}} bits_offset=32
; CHECK: DECL_TAG 'discriminant=2' type_id=[[UNION]] component_idx=1

target triple = "bpfel"

@value = global i64 0, !dbg !4


!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "E", file: !2, size: 64, elements: !11, identifier: "e")
!11 = !{!20, !12}
!12 = !DICompositeType(tag: DW_TAG_variant_part, scope: !10, file: !2, size: 64, elements: !13, identifier: "part", discriminator: !20)
!13 = !{!14}
!14 = !DIDerivedType(tag: DW_TAG_member, scope: !12, baseType: !15, extraData: i8 2)
!15 = !DICompositeType(tag: DW_TAG_variant, scope: !10, file: !2, elements: !16)
!16 = !{!17, !18}
!17 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !15, file: !2, baseType: !7, size: 32, offset: 32)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !15, file: !2, baseType: !8, size: 8, offset: 8)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "kind", scope: !10, file: !2, baseType: !8, size: 8)

!4 = !DIGlobalVariableExpression(var: !5, expr: !DIExpression())
!5 = distinct !DIGlobalVariable(name: "value", scope: !0, file: !2, line: 1, type: !10, isLocal: false, isDefinition: true)
!6 = !{!4}
!7 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!8 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!9 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Ada95, file: !2, emissionKind: FullDebug, globals: !6)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
