;; Verify that two annotated records that the kernel has one name for both get it.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-DAG: name: "task", {{.*}}size: 32
; CHECK-DAG: name: "task", {{.*}}size: 64

target triple = "bpfel"

!3 = !{!4, !5}
!4 = !DICompositeType(tag: DW_TAG_structure_type, name: "a.task", scope: !6, file: !2, size: 32, elements: !9, identifier: "a")
!5 = !DICompositeType(tag: DW_TAG_structure_type, name: "b.task", scope: !6, file: !2, size: 64, elements: !9, identifier: "b")
!6 = !DINamespace(name: "vmlinux", scope: null)
!9 = !{}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug, retainedTypes: !3)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")
