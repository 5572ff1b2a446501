;; Verify that an enum with data becomes a union: its discriminant first, then the variants, whose
;; values are declaration tags. Members of a payload come in the order in which they lie.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s

; CHECK: [1] STRUCT 'Event_u32_' size=8 vlen=1
; CHECK-NEXT: '(anon)' type_id=3 bits_offset=0
; CHECK-NEXT: [2] DECL_TAG 'name=Event<u32>' type_id=1 component_idx=-1
; CHECK-NEXT: [3] UNION '(anon)' size=8 vlen=3
; CHECK-NEXT: '(anon)' type_id=4 bits_offset=0
; CHECK-NEXT: 'DropIp' type_id=6 bits_offset=0
; CHECK-NEXT: 'Nothing' type_id=9 bits_offset=0
; CHECK-NEXT: [4] INT 'u8' size=1
; CHECK-NEXT: [5] DECL_TAG 'discriminant' type_id=3 component_idx=0
; CHECK-NEXT: [6] STRUCT 'DropIp' size=8 vlen=2
; CHECK-NEXT: 'prefix' type_id=4 bits_offset=8
; CHECK-NEXT: 'addr' type_id=7 bits_offset=32
; CHECK-NEXT: [7] INT 'u32' size=4
; CHECK-NEXT: [8] DECL_TAG 'discriminant=0' type_id=3 component_idx=1
; CHECK-NEXT: [9] STRUCT 'Nothing' size=8 vlen=0
; CHECK-NEXT: [10] DECL_TAG 'discriminant=1' type_id=3 component_idx=2

target triple = "bpfel"

@value = global i64 0, !dbg !4


!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "Event<u32>", file: !2, size: 64, align: 32, elements: !11, identifier: "event")
!11 = !{!12}
!12 = !DICompositeType(tag: DW_TAG_variant_part, scope: !10, file: !2, size: 64, align: 32, elements: !13, identifier: "part", discriminator: !20)
!13 = !{!14, !17}
!14 = !DIDerivedType(tag: DW_TAG_member, name: "DropIp", scope: !12, file: !2, baseType: !15, size: 64, align: 32, extraData: i8 0)
!15 = !DICompositeType(tag: DW_TAG_structure_type, name: "DropIp", scope: !10, file: !2, size: 64, align: 32, elements: !16, identifier: "ip")
!16 = !{!18, !19}
!17 = !DIDerivedType(tag: DW_TAG_member, name: "Nothing", scope: !12, file: !2, baseType: !21, size: 64, align: 32, extraData: i8 1)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "addr", scope: !15, file: !2, baseType: !7, size: 32, align: 32, offset: 32)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "prefix", scope: !15, file: !2, baseType: !8, size: 8, align: 8, offset: 8)
!20 = !DIDerivedType(tag: DW_TAG_member, scope: !10, file: !2, baseType: !8, size: 8, align: 8, flags: DIFlagArtificial)
!21 = !DICompositeType(tag: DW_TAG_structure_type, name: "Nothing", scope: !10, file: !2, size: 64, align: 32, elements: !9, identifier: "nothing")

!4 = !DIGlobalVariableExpression(var: !5, expr: !DIExpression())
!5 = distinct !DIGlobalVariable(name: "value", scope: !0, file: !2, line: 1, type: !10, isLocal: false, isDefinition: true)
!6 = !{!4}
!7 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!8 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!9 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, globals: !6)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
