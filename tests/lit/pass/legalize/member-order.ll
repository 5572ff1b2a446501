;; Verify that members come in the order in which they lie, not in that of the source.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK: name: "s", {{.*}}elements: ![[LIST:[0-9]+]]
; CHECK: ![[LIST]] = !{![[FIRST:[0-9]+]], ![[SMALL:[0-9]+]], ![[EMPTY:[0-9]+]]}
; CHECK-DAG: ![[FIRST]] = {{.*}}name: "first"
; CHECK-DAG: ![[SMALL]] = {{.*}}name: "small"
; CHECK-DAG: ![[EMPTY]] = {{.*}}name: "empty"

target triple = "bpfel"

!3 = !{!4}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "s", file: !2, size: 64, elements: !5, identifier: "s")
!5 = !{!6, !7, !8}
!6 = !DIDerivedType(tag: DW_TAG_member, name: "small", scope: !4, file: !2, baseType: !9, size: 8, offset: 40)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "empty", scope: !4, file: !2, baseType: !10, offset: 40)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "first", scope: !4, file: !2, baseType: !9, size: 8)
!9 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "e", file: !2, elements: !11, identifier: "e")
!11 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
