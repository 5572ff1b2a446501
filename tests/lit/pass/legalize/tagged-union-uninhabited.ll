;; Verify that an enum without variants has an empty union.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck %s

; CHECK: [1] STRUCT 'E' size=0 vlen=1
; CHECK-NEXT: '(anon)' type_id=2 bits_offset=0
; CHECK-NEXT: [2] UNION '(anon)' size=0 vlen=0
; CHECK-NOT: DECL_TAG

target triple = "bpfel"

@value = global i64 0, !dbg !4


!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "E", file: !2, size: 0, elements: !11, identifier: "e")
!11 = !{!12}
!12 = !DICompositeType(tag: DW_TAG_variant_part, scope: !10, file: !2, size: 0, elements: !13, identifier: "part")
!13 = !{}

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
