;; Verify that a variant whose name had to be made legal keeps the original in a tag, behind the
;; values that select it.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s
; RUN: btfreloc dump --type Event %t.o | FileCheck --check-prefix=C %s

; CHECK: [2] UNION '(anon)' size=8 vlen=3
; CHECK-NEXT: '(anon)' type_id=3 bits_offset=0
; CHECK-NEXT: 'h_he' type_id=5 bits_offset=0
; CHECK-NEXT: 'Nothing' type_id=9 bits_offset=0
; CHECK: DECL_TAG 'discriminant=0' type_id=2 component_idx=1
; CHECK-NEXT: DECL_TAG 'name=höhe' type_id=2 component_idx=1
; CHECK-NOT: name=

; C: enum Event {
; C-NEXT: höhe = 0 {
; C-NEXT: u8 prefix;

target triple = "bpfel"

@value = global i64 0, !dbg !4


!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "Event", file: !2, size: 64, align: 32, elements: !11, identifier: "event")
!11 = !{!12}
!12 = !DICompositeType(tag: DW_TAG_variant_part, scope: !10, file: !2, size: 64, align: 32, elements: !13, identifier: "part", discriminator: !20)
!13 = !{!14, !17}
!14 = !DIDerivedType(tag: DW_TAG_member, name: "h\C3\B6he", scope: !12, file: !2, baseType: !15, size: 64, align: 32, extraData: i8 0)
!15 = !DICompositeType(tag: DW_TAG_structure_type, name: "h\C3\B6he", scope: !10, file: !2, size: 64, align: 32, elements: !16, identifier: "ip")
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
