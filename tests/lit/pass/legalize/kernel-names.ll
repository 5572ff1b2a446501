;; Verify that an annotated record gets the name that the kernel has for it, without the scopes in
;; front of it, and stays annotated when the glob no longer matches.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc-legalize-di<structs=main.task_*>' -S %s | FileCheck %s

; CHECK-DAG: name: "task_struct", {{.*}}annotations: ![[MARKS:[0-9]+]]
; CHECK-DAG: ![[MARKS]] = !{![[MARK:[0-9]+]]}
; CHECK-DAG: ![[MARK]] = !{!"btfreloc", !"relocatable"}
; CHECK-DAG: name: "main_own"
; CHECK-DAG: tag: DW_TAG_typedef, name: "main_own_alias"

target triple = "bpfel"

!3 = !{!4, !5, !6}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "main.task_struct", file: !2, size: 32, elements: !9, identifier: "t")
!5 = !DICompositeType(tag: DW_TAG_structure_type, name: "main.own", file: !2, size: 32, elements: !9, identifier: "o")
!6 = !DIDerivedType(tag: DW_TAG_typedef, name: "main.own_alias", file: !2, baseType: !7)
!7 = !DICompositeType(tag: DW_TAG_structure_type, file: !2, size: 32, elements: !10, identifier: "a")
!8 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!9 = !{}
!10 = !{!11}
!11 = !DIDerivedType(tag: DW_TAG_member, name: "task", scope: !7, file: !2, baseType: !4, size: 32)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
