;; Verify that values are signed where the discriminant is, however wide the constants are.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: !{!"btf_decl_tag", !"discriminant=-3"}
; CHECK-DAG: !{!"btf_decl_tag", !"discriminant=300"}
; CHECK-DAG: !{!"btf_decl_tag", !"discriminant=-1"}

target triple = "bpfel"

@value = global i64 0, !dbg !4


!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "E", file: !2, size: 128, elements: !11, identifier: "e")
!11 = !{!12}
!12 = !DICompositeType(tag: DW_TAG_variant_part, scope: !10, file: !2, size: 128, elements: !13, identifier: "part", discriminator: !20)
!13 = !{!30, !31, !32}
!30 = !DIDerivedType(tag: DW_TAG_member, name: "A", scope: !12, file: !2, baseType: !21, size: 128, extraData: i64 65533)
!31 = !DIDerivedType(tag: DW_TAG_member, name: "B", scope: !12, file: !2, baseType: !21, size: 128, extraData: i16 300)
!32 = !DIDerivedType(tag: DW_TAG_member, name: "C", scope: !12, file: !2, baseType: !21, size: 128, extraData: i16 -1)
!20 = !DIDerivedType(tag: DW_TAG_member, scope: !10, file: !2, baseType: !22, size: 8, flags: DIFlagArtificial)
!22 = !DIBasicType(name: "i16", size: 16, encoding: DW_ATE_signed)
!21 = !DICompositeType(tag: DW_TAG_structure_type, name: "P", scope: !10, file: !2, size: 128, elements: !9, identifier: "p")

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
